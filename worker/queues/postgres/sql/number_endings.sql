-- A number is greater than all that anybody can have read: it is given by whoever holds the lock, to what has been
-- committed by then, and is seen before the lock goes to the next. Whoever changes an ending now is not waited for.
WITH numbered AS MATERIALIZED (
    SELECT new.seq, nextval('preflight.ending_numbers') AS number
    FROM unnest(ARRAY(
        SELECT seq FROM preflight.endings WHERE number IS NULL ORDER BY entered LIMIT $1 FOR UPDATE SKIP LOCKED
    )) AS new (seq)
)
UPDATE preflight.endings SET number = numbered.number FROM numbered WHERE endings.seq = numbered.seq
