-- Under which of these ids rows were rejected.
SELECT id FROM preflight.rejects WHERE id = ANY($1::text[])
