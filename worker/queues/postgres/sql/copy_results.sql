-- Delivered jobs, each in the partition of its day; $11 and $12 are the records of all of their attempts, by job.
WITH history AS (
    SELECT seq, array_agg(record ORDER BY place) AS records
    FROM unnest($11::bigint[], $12::text[]) WITH ORDINALITY AS attempt (seq, record, place)
    GROUP BY seq
)
INSERT INTO preflight.results (
    seq, day, fence, delivered_at, first_at, lane, priority, attempts, expiries, record, history
)
SELECT entry.*, coalesce(history.records, '{}')
FROM unnest(
    $1::bigint[], $2::date[], $3::bigint[], $4::double precision[], $5::double precision[], $6::integer[],
    $7::integer[], $8::integer[], $9::integer[], $10::text[]
) AS entry (seq, day, fence, delivered_at, first_at, lane, priority, attempts, expiries, record)
LEFT JOIN history ON history.seq = entry.seq
