-- In the order of acceptance; a job that fails or is mended meanwhile moves no other. What belongs to a row is looked up
-- for that row (OFFSET 0), so that a page costs the same wherever it begins.
SELECT
    failures.seq AS number, octet_length(bodies.payload) AS size, bodies.id, lanes.name AS lane, jobs.state,
    files.name AS file, bodies.line, bodies.payload, failures.record,
    ARRAY(SELECT record FROM preflight.attempts WHERE attempts.seq = failures.seq ORDER BY fence) AS history
FROM preflight.failures
CROSS JOIN LATERAL (SELECT * FROM preflight.jobs WHERE jobs.seq = failures.seq OFFSET 0) AS jobs
CROSS JOIN LATERAL (SELECT * FROM preflight.lanes WHERE lanes.number = jobs.lane OFFSET 0) AS lanes
CROSS JOIN LATERAL (SELECT * FROM preflight.bodies WHERE bodies.seq = failures.seq OFFSET 0) AS bodies
LEFT JOIN LATERAL (SELECT * FROM preflight.files WHERE files.number = bodies.file OFFSET 0) AS files ON TRUE
WHERE failures.seq > $1 AND /* selection */
