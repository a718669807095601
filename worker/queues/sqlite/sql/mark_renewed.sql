-- Only for leases that hold: see read_fences.sql.
UPDATE jobs SET lease_until = :until
WHERE seq IN (SELECT value FROM json_each(:seqs))
