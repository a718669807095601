-- Only for leases that hold: see read_fences.sql. For jobs that go the same way, and are not tried again.
UPDATE jobs SET state = :state, attempts = attempts + :charge, lease_until = NULL, sent = :sent
WHERE seq IN (SELECT value FROM json_each(:seqs))
