def _softplus(x, out):
    """Write log(1 + e^x), without overflow."""
    np.logaddexp(x, 0.0, out)
