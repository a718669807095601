-- Every job in the order of acceptance, with all that is known of it, wherever it stands. The rest is as in
-- list_failures.sql.
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
LEFT JOIN LATERAL (SELECT * FROM preflight.jobs WHERE jobs.seq = bodies.seq OFFSET 0) AS jobs ON TRUE
LEFT JOIN LATERAL (SELECT * FROM preflight.failures WHERE failures.seq = bodies.seq OFFSET 0) AS failures ON TRUE
LEFT JOIN LATERAL (SELECT * FROM preflight.endings WHERE endings.seq = bodies.seq OFFSET 0) AS endings ON TRUE
LEFT JOIN LATERAL (
    SELECT * FROM preflight.results WHERE results.day = endings.day AND results.seq = bodies.seq OFFSET 0
) AS results ON TRUE
LEFT JOIN LATERAL (SELECT * FROM preflight.edits WHERE edits.seq = bodies.seq OFFSET 0) AS edits ON TRUE
LEFT JOIN LATERAL (SELECT * FROM preflight.files WHERE files.number = bodies.file OFFSET 0) AS files ON TRUE
CROSS JOIN LATERAL (
    SELECT * FROM preflight.lanes WHERE lanes.number = coalesce(jobs.lane, results.lane) OFFSET 0
) AS lanes
WHERE bodies.seq > $1
