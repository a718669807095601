"""Who we are to an API: one file per type of credential."""
