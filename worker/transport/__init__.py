"""How requests travel: one file per client library."""
