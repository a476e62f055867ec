"""How it is differentiated: rules, identities, the reverse sweep, through time, induction. Imports model and algebra."""
