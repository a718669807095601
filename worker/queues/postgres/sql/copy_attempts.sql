-- Attempts of jobs that are not delivered.
INSERT INTO preflight.attempts (seq, fence, record) SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::text[])
