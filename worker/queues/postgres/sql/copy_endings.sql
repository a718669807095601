-- In the order in which they came. The day is that of the result, NULL for a failure.
INSERT INTO preflight.endings (seq, day)
SELECT seq, day FROM unnest($1::bigint[], $2::date[]) WITH ORDINALITY AS entry (seq, day, place) ORDER BY place
