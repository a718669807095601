-- The sum stays what it is, of fewer rows. At most $1; those that another folds meanwhile are left to him.
WITH folded AS (
    DELETE FROM preflight.moves
    WHERE ctid = ANY (ARRAY(SELECT ctid FROM preflight.moves LIMIT $1 FOR UPDATE SKIP LOCKED))
    RETURNING *
)
INSERT INTO preflight.moves (ready, leased, delayed, delivered, dead, parked)
SELECT sum(ready), sum(leased), sum(delayed), sum(delivered), sum(dead), sum(parked)
FROM folded HAVING count(*) > 0
