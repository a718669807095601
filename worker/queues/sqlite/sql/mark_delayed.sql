-- Only for leases that hold: see read_fences.sql. A delayed job was tried, so it is charged. A move is [seq, due_at].
UPDATE jobs SET state = 2, due_at = move.due_at, attempts = attempts + 1, lease_until = NULL
FROM (SELECT value ->> 0 AS seq, value ->> 1 AS due_at FROM json_each(:moves)) AS move
WHERE jobs.seq = move.seq
