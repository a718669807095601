-- A delayed job becomes ready once, when its time has come. At most $2, so that no transaction is long; those that
-- another promotes meanwhile are left to him. The answer is one row: how many, and when the next is due.
WITH due AS (
    UPDATE preflight.jobs SET state = 0, due_at = NULL
    WHERE seq = ANY (ARRAY(
        SELECT late.seq FROM preflight.jobs AS late
        WHERE late.state = 2 AND late.due_at <= $1::double precision
        ORDER BY late.due_at LIMIT $2
        FOR UPDATE SKIP LOCKED
    ))
    RETURNING seq
), counted AS (
    INSERT INTO preflight.moves (ready, delayed) SELECT count(*), -count(*) FROM due HAVING count(*) > 0
)
SELECT
    (SELECT count(*) FROM due) AS promoted,
    (
        SELECT next.due_at FROM preflight.jobs AS next
        WHERE next.state = 2 AND next.due_at > $1::double precision
        ORDER BY next.due_at LIMIT 1
    ) AS due_at,
    (SELECT pg_notify('preflight.ready', '') WHERE EXISTS (SELECT FROM due)) AS rung
