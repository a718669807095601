-- What the server is, how it is set, and how much there is of what is limited: one row. What a user or a database was
-- given as a setting counts (`reset_val`), what our own connections ask for does not.
SELECT
    current_setting('server_version') AS version,
    current_setting('fsync') = 'on' AS fsync,
    current_setting('full_page_writes') = 'on' AS full_page_writes,
    current_setting('autovacuum') = 'on' AS autovacuum,
    (SELECT reset_val FROM pg_settings WHERE name = 'synchronous_commit') <> 'off' AS synchronous_commit,
    current_setting('max_connections')::integer - current_setting('superuser_reserved_connections')::integer AS most,
    (SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend') AS connections,
    pg_database_size(current_database()) AS database_bytes,
    (SELECT version FROM preflight.meta) AS tables
