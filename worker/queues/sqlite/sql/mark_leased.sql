-- Every lease has a fence that no earlier lease of the job had.
UPDATE jobs SET state = 1, fence = fence + 1, lease_until = :until
WHERE seq IN (SELECT value FROM json_each(:seqs))
