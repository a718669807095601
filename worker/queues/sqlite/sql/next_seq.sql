-- A number is never given twice, even after the job with the highest one was discarded.
SELECT coalesce(max(seq), 0) + 1 FROM sqlite_sequence WHERE name = 'jobs'
