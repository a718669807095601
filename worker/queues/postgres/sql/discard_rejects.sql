-- A row that is forgotten may be kept again. The answer is how many there were.
WITH gone AS (DELETE FROM preflight.rejects WHERE id = ANY($1::text[]) RETURNING id)
SELECT count(*) FROM gone
