-- One worker at a time forgets old days; the others need not wait for it. To the end of the transaction.
SELECT pg_try_advisory_xact_lock(hashtextextended('preflight.walks', 0))
