-- One after the other: see number_endings.sql, which finds the next by index, however few statistics say there are to be
-- sorted. Both to the end of the transaction.
SELECT pg_advisory_xact_lock(hashtextextended('preflight.endings', 0)), set_config('enable_sort', 'off', TRUE)
