-- A replayed job starts uncharged; its fence goes on growing, so that no old lease can settle it. One that has a time
-- ($2) is delayed until then; it holds its lane no longer. Before mend.sql, which may move it.
WITH replayed AS (
    SELECT * FROM unnest($1::bigint[], $2::double precision[]) AS replayed (seq, due_at)
), freed AS (
    UPDATE preflight.lanes SET held_by = NULL
    WHERE number IN (SELECT lane FROM preflight.jobs WHERE seq = ANY($1)) AND held_by = ANY($1)
), forgotten AS (
    DELETE FROM preflight.failures WHERE seq = ANY($1)
), begun AS (
    DELETE FROM preflight.endings WHERE seq = ANY($1)
), counted AS (
    INSERT INTO preflight.moves (ready, delayed, dead, parked)
    SELECT
        count(*) FILTER (WHERE replayed.due_at IS NULL), count(replayed.due_at),
        -count(*) FILTER (WHERE jobs.state = 4), -count(*) FILTER (WHERE jobs.state = 5)
    FROM replayed
    JOIN preflight.jobs ON jobs.seq = replayed.seq
), changed AS (
    UPDATE preflight.jobs SET
        state = CASE WHEN replayed.due_at IS NULL THEN 0 ELSE 2 END, due_at = replayed.due_at,
        attempts = 0, expiries = 0, sent = FALSE, first_at = NULL, settled = FALSE
    FROM replayed
    WHERE jobs.seq = replayed.seq
)
SELECT pg_notify('preflight.ready', '') WHERE EXISTS (SELECT FROM replayed WHERE due_at IS NULL)
