"""What `symrnn bench` measures: how long a derivation takes, how exact the gradients are, how good the verdicts are."""
