-- The first day that has a partition, where that is before $1: partitions are named after their days.
SELECT to_date(right(part.relname, 8), 'YYYYMMDD') AS day
FROM pg_inherits AS child
JOIN pg_class AS part ON part.oid = child.inhrelid
WHERE child.inhparent = 'preflight.results'::regclass AND right(part.relname, 8) < to_char($1::date, 'YYYYMMDD')
ORDER BY part.relname
LIMIT 1
