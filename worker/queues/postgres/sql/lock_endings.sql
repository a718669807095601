-- One after the other: see number_endings.sql. Held to the end of the transaction.
SELECT pg_advisory_xact_lock(hashtextextended('preflight.endings', 0))
