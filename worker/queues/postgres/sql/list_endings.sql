-- In the order in which jobs ended, as far as it was made by number_endings.sql. The day finds the one partition. The
-- rest is as in list_failures.sql.
SELECT
    endings.number, octet_length(bodies.payload) AS size, bodies.id, lanes.name AS lane,
    coalesce(jobs.state, 3) AS state, files.name AS file, bodies.line, bodies.payload,
    coalesce(results.record, failures.record) AS record,
    coalesce(
        results.history,
        ARRAY(SELECT record FROM preflight.attempts WHERE attempts.seq = endings.seq ORDER BY fence)
    ) AS history
FROM preflight.endings
CROSS JOIN LATERAL (SELECT * FROM preflight.bodies WHERE bodies.seq = endings.seq OFFSET 0) AS bodies
LEFT JOIN LATERAL (
    SELECT * FROM preflight.results WHERE results.day = endings.day AND results.seq = endings.seq OFFSET 0
) AS results ON TRUE
LEFT JOIN LATERAL (SELECT * FROM preflight.failures WHERE failures.seq = endings.seq OFFSET 0) AS failures ON TRUE
LEFT JOIN LATERAL (SELECT * FROM preflight.jobs WHERE jobs.seq = endings.seq OFFSET 0) AS jobs ON TRUE
CROSS JOIN LATERAL (
    SELECT * FROM preflight.lanes WHERE lanes.number = coalesce(results.lane, jobs.lane) OFFSET 0
) AS lanes
LEFT JOIN LATERAL (SELECT * FROM preflight.files WHERE files.number = bodies.file OFFSET 0) AS files ON TRUE
WHERE endings.number > $1
