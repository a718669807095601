-- `states` says how many jobs are in each state: every transaction that moves jobs adds what it moved.
-- A move is [state, jobs].
UPDATE states SET jobs = states.jobs + move.jobs
FROM (SELECT value ->> 0 AS state, value ->> 1 AS jobs FROM json_each(:moves)) AS move
WHERE states.state = move.state
