-- See fold_moves.sql.
WITH folded AS (
    DELETE FROM preflight.causes
    WHERE ctid = ANY (ARRAY(SELECT ctid FROM preflight.causes LIMIT $1 FOR UPDATE SKIP LOCKED))
    RETURNING *
)
INSERT INTO preflight.causes (cause, failures) SELECT cause, sum(failures) FROM folded GROUP BY cause
