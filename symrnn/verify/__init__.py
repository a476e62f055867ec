"""Whether it is right: numeric oracles, and gradients held against them."""
