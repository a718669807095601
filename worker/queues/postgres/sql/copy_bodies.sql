-- Every job has one content, and its first one beside it where it was mended. An id that was taken meanwhile is an error.
WITH entry AS (
    SELECT * FROM unnest($1::bigint[], $2::text[], $3::integer[], $4::bigint[], $5::text[], $6::text[])
        AS entry (seq, id, file, line, payload, original)
), kept AS (
    INSERT INTO preflight.edits (seq, original) SELECT seq, original FROM entry WHERE original IS NOT NULL
)
INSERT INTO preflight.bodies (seq, id, file, line, payload) SELECT seq, id, file, line, payload FROM entry ORDER BY id
