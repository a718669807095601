-- Only for leases that hold: see read_fences.sql. For jobs that go the same way, to any state but delayed.
UPDATE jobs SET state = :state, attempts = attempts + :charge, lease_until = NULL
WHERE seq IN (SELECT value FROM json_each(:seqs))
