"""What is computed, and when: the loop language, its text, invariants and meaning. Imports errors only."""
