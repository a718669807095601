-- The results of one day are walked in the order of their numbers, a part at a time, and what there is of their jobs is
-- forgotten: the rows of the results themselves go with the whole day. $1 the day, $2 walked so far, $3 how many.
-- The answer is one row: the last number, or null where the day is at its end; and how many jobs went.
WITH walked AS MATERIALIZED (
    SELECT seq FROM preflight.results WHERE day = $1::date AND seq > $2 ORDER BY seq LIMIT $3
), edits AS (
    DELETE FROM preflight.edits WHERE seq = ANY (ARRAY(SELECT seq FROM walked))
), endings AS (
    DELETE FROM preflight.endings WHERE seq = ANY (ARRAY(SELECT seq FROM walked))
), gone AS (
    DELETE FROM preflight.bodies WHERE seq = ANY (ARRAY(SELECT seq FROM walked)) RETURNING seq
), counted AS (
    INSERT INTO preflight.moves (delivered) SELECT -count(*) FROM gone HAVING count(*) > 0
)
SELECT max(walked.seq) AS last, (SELECT count(*) FROM gone) AS gone FROM walked
