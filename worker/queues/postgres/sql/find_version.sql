-- Asked for only where there is a table `meta`.
SELECT version FROM preflight.meta
