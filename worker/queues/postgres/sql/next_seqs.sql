-- A number is never given twice; the order of numbers is that of acceptance.
SELECT nextval('preflight.seqs') AS seq FROM generate_series(1, $1::integer) ORDER BY seq
