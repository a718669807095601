-- A row is kept once, under its id. The numbers are given in the order of the batch; the rows go in in the order of their
-- ids, so that two batches with the same ones cannot block each other. The answer is how many were new.
WITH given AS MATERIALIZED (
    SELECT nextval('preflight.rejects_number_seq') AS number, entry.*
    FROM unnest($1::text[], $2::integer[], $3::text[], $4::integer[], $5::double precision[], $6::text[])
        WITH ORDINALITY AS entry (id, lane, cause, status, failed_at, record, place)
), added AS (
    INSERT INTO preflight.rejects (number, id, lane, cause, status, failed_at, record)
    OVERRIDING SYSTEM VALUE
    SELECT number, id, lane, cause, status, failed_at, record FROM given ORDER BY id COLLATE "C", place
    ON CONFLICT (id) DO NOTHING
    RETURNING id
)
SELECT count(*) FROM added
