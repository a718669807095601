-- A lease holds its job until the job is settled, reclaimed or leased again: while the job is leased under its fence.
-- The answer is [[seq, fence], ...] of those jobs that are leased.
SELECT json_group_array(json_array(seq, fence))
FROM jobs
WHERE seq IN (SELECT value FROM json_each(:seqs)) AND state = 1
