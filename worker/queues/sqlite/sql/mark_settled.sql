-- Only for leases that hold: see read_fences.sql. For jobs that go the same way; those that are tried again are retried.
UPDATE jobs SET state = :state, due_at = :due_at, attempts = attempts + :charge, lease_until = NULL, sent = :sent,
    settled_fence = fence
WHERE seq IN (SELECT value FROM json_each(:seqs))
