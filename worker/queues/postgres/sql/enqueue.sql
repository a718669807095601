-- An id is taken once: a second one, in the queue or in the batch, is left out. The numbers are given in the order of
-- the batch; the ids go in in their own order, so that two batches with the same ids cannot block each other.
-- $1 ids, $2 payloads, $3 their sizes, $4 lanes, $5 priorities, $6 due_at or null, $7 lines, $8 the file's number.
-- $9 its name, $10 the numbers of all lanes among them and $11 their names: a server that came back as it was before may
-- have given a number to another, or to none, and then takes nothing.
-- The answer is one row: the places (from 1) of what was left out, whether the numbers are right, and a bell that rings
-- where anything came.
-- NOT IN, because it is hashed whatever the planner believes of the size of an array.
WITH claim AS MATERIALIZED (
    SELECT
        count(*) = cardinality($10::integer[])
        AND ($8::integer IS NULL OR EXISTS (SELECT FROM preflight.files WHERE number = $8::integer AND name = $9::text))
        AS there
    FROM unnest($10::integer[], $11::text[]) AS lane (number, name)
    JOIN preflight.lanes USING (number, name)
), given AS MATERIALIZED (
    SELECT nextval('preflight.seqs') AS seq, entry.*
    FROM unnest($1::text[], $2::text[], $3::integer[], $4::integer[], $5::integer[], $6::double precision[], $7::bigint[])
        WITH ORDINALITY AS entry (id, payload, size, lane, priority, due_at, line, place)
    WHERE (SELECT there FROM claim)
), added AS (
    INSERT INTO preflight.bodies (seq, id, file, line, payload)
    SELECT seq, id, $8::integer, line, payload FROM given ORDER BY id, place
    ON CONFLICT (id) DO NOTHING
    RETURNING seq
), known AS MATERIALIZED (
    SELECT seq, place FROM given WHERE seq NOT IN (SELECT added.seq FROM added)
), queued AS (
    INSERT INTO preflight.jobs (seq, lane, priority, size, due_at, state)
    SELECT seq, lane, priority, size, due_at, CASE WHEN due_at IS NULL THEN 0 ELSE 2 END
    FROM given WHERE seq NOT IN (SELECT known.seq FROM known)
    RETURNING state
), counted AS (
    INSERT INTO preflight.moves (ready, delayed)
    SELECT count(*) FILTER (WHERE state = 0), count(*) FILTER (WHERE state = 2) FROM queued HAVING count(*) > 0
)
SELECT
    ARRAY(SELECT place FROM known) AS known,
    (SELECT there FROM claim) AS there,
    (SELECT pg_notify('preflight.ready', '') WHERE EXISTS (SELECT FROM added)) AS rung
