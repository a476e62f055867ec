"""How it is told: derivations as LaTeX, HTML and Markdown. Imports calculus, model and algebra."""
