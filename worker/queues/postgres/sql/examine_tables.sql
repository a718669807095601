-- What statistics say of our tables, those first that have the most dead rows. A time is in epoch seconds, and null where
-- nobody ever did it.
SELECT
    statistics.relname AS name, n_live_tup AS live, n_dead_tup AS dead,
    extract(epoch FROM greatest(last_vacuum, last_autovacuum))::double precision AS vacuumed_at,
    pg_total_relation_size(relid) AS bytes
FROM pg_stat_user_tables AS statistics
JOIN pg_class ON pg_class.oid = relid
WHERE relnamespace = (SELECT relnamespace FROM pg_class WHERE oid = 'preflight.jobs'::regclass)
ORDER BY n_dead_tup DESC
