-- In the order of acceptance; a job that fails or is mended meanwhile moves no other.
SELECT
    failures.seq AS number, octet_length(bodies.payload) AS size, bodies.id, lanes.name AS lane, jobs.state,
    files.name AS file, bodies.line, bodies.payload, failures.record,
    ARRAY(SELECT record FROM preflight.attempts WHERE attempts.seq = failures.seq ORDER BY fence) AS history
FROM preflight.failures
JOIN preflight.jobs ON jobs.seq = failures.seq
JOIN preflight.bodies ON bodies.seq = failures.seq
JOIN preflight.lanes ON lanes.number = jobs.lane
LEFT JOIN preflight.files ON files.number = bodies.file
WHERE failures.seq > $1 AND /* selection */
