-- The first content of a mended job is kept for good; that of a second mending was not the submitter's. A job waits in
-- the lane that its content names.
WITH edit AS (
    SELECT * FROM unnest($1::bigint[], $2::text[], $3::integer[], $4::integer[]) AS edit (seq, payload, lane, priority)
), kept AS (
    INSERT INTO preflight.edits (seq, original)
    SELECT bodies.seq, bodies.payload FROM preflight.bodies WHERE bodies.seq = ANY($1)
    ON CONFLICT (seq) DO NOTHING
), mended AS (
    UPDATE preflight.bodies SET payload = edit.payload FROM edit WHERE bodies.seq = edit.seq
)
UPDATE preflight.jobs SET lane = edit.lane, priority = edit.priority, size = length(edit.payload)
FROM edit
WHERE jobs.seq = edit.seq
