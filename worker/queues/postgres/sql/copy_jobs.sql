-- Jobs that are not delivered. Their attempts get the fences before theirs, so that all that come later are greater. A
-- job that held its lane holds it still ($12), in the place of one that held it here.
WITH entry AS (
    SELECT *
    FROM unnest(
        $1::bigint[], $2::bigint[], $3::integer[], $4::smallint[], $5::integer[], $6::integer[], $7::integer[],
        $8::integer[], $9::boolean[], $10::double precision[], $11::double precision[], $12::boolean[]
    ) AS entry (seq, fence, lane, state, priority, size, attempts, expiries, sent, first_at, due_at, holds)
), held AS (
    UPDATE preflight.lanes SET held_by = holder.seq
    FROM (SELECT lane, max(seq) AS seq FROM entry WHERE holds GROUP BY lane) AS holder
    WHERE lanes.number = holder.lane
), queued AS (
    INSERT INTO preflight.jobs (seq, fence, lane, state, priority, size, attempts, expiries, sent, first_at, due_at)
    SELECT seq, fence, lane, state, priority, size, attempts, expiries, sent, first_at, due_at FROM entry
)
SELECT pg_notify('preflight.ready', '') WHERE EXISTS (SELECT FROM entry WHERE state = 0)
