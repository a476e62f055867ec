def _scan(factors, terms, states):
    """Compute states[t + 1] = factors[t] * states[t] + terms[t] for all t: for few numbers a step, many steps in one call.

    Two steps are one: (a2, b2) after (a1, b1) is (a2 * a1, a2 * b1 + b2). Nothing is divided; where something overflows on
    the way, step follows step.
    """
    steps, count, new = len(terms), states[0].size, states[1:]
    if count <= 16 and steps >= 16:
        _scan_pairs(factors, terms, states)
    elif count <= 128 and steps >= 64:
        _scan_blocks(factors, terms, states, 8 if steps < 512 else 32)
    if count > 128 or steps < 16 or (count > 16 and steps < 64) or not np.isfinite(new).all():
        for factor, term, before, after in zip(factors, terms, states, new):
            np.multiply(factor, before, out=after)
            np.add(after, term, out=after)


def _scan_pairs(factors, terms, states):
    """Combine every step with the one before, then what came out two steps apart, then four, and so on."""
    new, products, length = states[1:], factors.copy(), 1
    np.copyto(new, terms)
    new[0] += products[0] * states[0]
    while length < len(new):
        new[length:] += products[length:] * new[:-length]
        products[length:] *= products[:-length]
        length *= 2


def _scan_blocks(factors, terms, states, length):
    """Go through all blocks of a few steps side by side, then through the blocks, then add what each begins with."""
    whole = len(terms) // length * length
    new = states[1 : whole + 1]
    np.copyto(new, terms[:whole])
    blocks = new.reshape(whole // length, length, *new.shape[1:])
    products = factors[:whole].reshape(blocks.shape).copy()
    for step in range(1, length):
        blocks[:, step] += products[:, step] * blocks[:, step - 1]
        products[:, step] *= products[:, step - 1]
    starts = np.empty((len(blocks) + 1, *states.shape[1:]), states.dtype)
    starts[0] = states[0]
    _scan(products[:, -1], blocks[:, -1], starts)
    products *= starts[:-1, np.newaxis]
    blocks += products
    _scan(factors[whole:], terms[whole:], states[whole:])
