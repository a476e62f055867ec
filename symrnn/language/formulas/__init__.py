"""Mathematics as people write it, LaTeX or plain text, as trees that decide nothing: what a letter means is decided in `claims`."""
