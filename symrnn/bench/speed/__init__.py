"""How fast emitted code is: forward and backward with every gradient, beside PyTorch and JAX, and beside the machine's limit.

`run` starts one process in which everything is measured (`worker`), with the environment that fixes the number of threads.
"""
