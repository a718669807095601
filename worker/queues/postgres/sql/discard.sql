-- A job that is forgotten never was: nothing of it is left in any table.
WITH gone AS (
    DELETE FROM preflight.jobs WHERE seq = ANY($1::bigint[]) RETURNING state
), bodies AS (
    DELETE FROM preflight.bodies WHERE seq = ANY($1)
), edits AS (
    DELETE FROM preflight.edits WHERE seq = ANY($1)
), attempts AS (
    DELETE FROM preflight.attempts WHERE seq = ANY($1)
), failures AS (
    DELETE FROM preflight.failures WHERE seq = ANY($1)
), endings AS (
    DELETE FROM preflight.endings WHERE seq = ANY($1)
)
INSERT INTO preflight.moves (dead, parked)
SELECT -count(*) FILTER (WHERE state = 4), -count(*) FILTER (WHERE state = 5) FROM gone
