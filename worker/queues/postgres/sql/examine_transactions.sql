-- Transactions on whose account no row of this database that died since they began can be removed, the oldest first; of
-- other users' only those that the server shows to us.
SELECT
    pid::text AS name, coalesce(usename, '') AS "user", coalesce(application_name, '') AS program,
    extract(epoch FROM xact_start)::double precision AS began_at, FALSE AS prepared
FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid() AND xact_start IS NOT NULL
    AND (backend_xmin IS NOT NULL OR backend_xid IS NOT NULL) AND backend_type <> 'autovacuum worker'
UNION ALL
SELECT gid, owner, '', extract(epoch FROM prepared)::double precision, TRUE
FROM pg_prepared_xacts
WHERE database = current_database()
ORDER BY began_at
