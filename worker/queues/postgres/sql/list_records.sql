-- Every job in the order of acceptance, with all that is known of it, wherever it stands.
SELECT
    bodies.seq AS number, octet_length(bodies.payload) AS size, bodies.id, lanes.name AS lane, bodies.payload,
    edits.original, files.name AS file, bodies.line, coalesce(jobs.state, 3) AS state, jobs.due_at,
    coalesce(jobs.sent, FALSE) AS sent, coalesce(jobs.priority, results.priority) AS priority,
    coalesce(jobs.attempts, results.attempts) AS attempts, coalesce(jobs.expiries, results.expiries) AS expiries,
    coalesce(jobs.first_at, results.first_at) AS first_at, failures.record AS failure, results.record AS record,
    coalesce(lanes.held_by = jobs.seq AND jobs.state IN (0, 2), FALSE) AS holds,
    coalesce(
        results.history, ARRAY(SELECT record FROM preflight.attempts WHERE attempts.seq = bodies.seq ORDER BY fence)
    ) AS history
FROM preflight.bodies
LEFT JOIN preflight.jobs ON jobs.seq = bodies.seq
LEFT JOIN preflight.failures ON failures.seq = bodies.seq
LEFT JOIN preflight.endings ON endings.seq = bodies.seq
LEFT JOIN preflight.results ON results.day = endings.day AND results.seq = bodies.seq
LEFT JOIN preflight.edits ON edits.seq = bodies.seq
LEFT JOIN preflight.files ON files.number = bodies.file
JOIN preflight.lanes ON lanes.number = coalesce(jobs.lane, results.lane)
WHERE bodies.seq > $1
