-- A dead or parked job has one failure.
INSERT INTO preflight.failures (seq, cause, status, failed_at, record)
SELECT * FROM unnest($1::bigint[], $2::text[], $3::integer[], $4::double precision[], $5::text[])
