-- Only for leases that hold: see read_fences.sql. What was about to be sent stays so, until the lease is settled.
UPDATE jobs SET lease_until = :until, sent = sent OR :sent
WHERE seq IN (SELECT value FROM json_each(:seqs))
