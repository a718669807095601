-- A row is kept once, under its id. The answer is how many were new.
WITH added AS (
    INSERT INTO preflight.rejects (id, lane, cause, status, failed_at, record)
    SELECT id, lane, cause, status, failed_at, record
    FROM unnest($1::text[], $2::integer[], $3::text[], $4::integer[], $5::double precision[], $6::text[])
        WITH ORDINALITY AS entry (id, lane, cause, status, failed_at, record, place)
    ORDER BY place
    ON CONFLICT (id) DO NOTHING
    RETURNING id
)
SELECT count(*) FROM added
