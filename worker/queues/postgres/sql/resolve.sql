-- A parked job leaves `jobs` for `results`, as a delivered one does, with the history of its attempts; it ends anew.
WITH gone AS (
    DELETE FROM preflight.jobs WHERE seq = ANY($1::bigint[]) RETURNING *
), history AS (
    DELETE FROM preflight.attempts WHERE seq = ANY($1) RETURNING seq, fence, record
), forgotten AS (
    DELETE FROM preflight.failures WHERE seq = ANY($1)
), ended AS (
    UPDATE preflight.endings SET entered = DEFAULT, number = NULL, day = $2::date WHERE seq = ANY($1)
), counted AS (
    INSERT INTO preflight.moves (parked, delivered) SELECT -count(*), count(*) FROM gone
)
INSERT INTO preflight.results (
    day, seq, fence, delivered_at, first_at, lane, priority, attempts, expiries, record, history
)
SELECT
    $2, seq, fence, $3, first_at, lane, priority, attempts, expiries, $4,
    ARRAY(SELECT record FROM history WHERE history.seq = gone.seq ORDER BY fence)
FROM gone
