"""How it runs: emitted source to callables over NumPy arrays. Imports ir and backends."""
