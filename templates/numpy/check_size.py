def _check_size(name, number):
    """Return a size as an int; raise ValueError unless it is a whole number, at least 1."""
    if isinstance(number, bool) or not isinstance(number, (int, np.integer)) or number < 1:
        raise ValueError(f"{name} is {number!r}; needed is a whole number, at least 1")
    return int(number)
