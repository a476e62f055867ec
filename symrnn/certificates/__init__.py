"""Whether it is proved: a derivation as a Coq file, and what the Coq kernel says of it. The library it rests on is in `coq/`."""
