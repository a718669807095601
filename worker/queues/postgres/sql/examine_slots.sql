-- Replication slots, and how much of the write-ahead log the server keeps for each.
SELECT
    slot_name AS name, active, xmin IS NOT NULL OR catalog_xmin IS NOT NULL AS keeps_rows,
    coalesce(pg_wal_lsn_diff(
        CASE WHEN pg_is_in_recovery() THEN pg_last_wal_receive_lsn() ELSE pg_current_wal_lsn() END, restart_lsn
    ), 0)::bigint AS kept_bytes
FROM pg_replication_slots
ORDER BY kept_bytes DESC
