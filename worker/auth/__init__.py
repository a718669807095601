"""Who we are to an API: credentials, and keeping them out of everything that is written."""
