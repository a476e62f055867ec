"""What `symrnn bench` measures: how long a derivation takes, how exact gradients are, how good verdicts are, how fast code is."""
