-- For telling duplicates from conflicts: what the queue holds under these ids, the first content where it was mended.
-- The answer is [id, payload, original or null], ...
SELECT bodies.id, bodies.payload, edits.original
FROM preflight.bodies LEFT JOIN preflight.edits ON edits.seq = bodies.seq
WHERE bodies.id = ANY ($1::text[])
