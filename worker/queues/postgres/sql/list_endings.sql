-- In the order in which jobs ended, as far as it was made by number_endings.sql. The day finds the one partition.
SELECT
    endings.number, octet_length(bodies.payload) AS size, bodies.id, lanes.name AS lane,
    coalesce(jobs.state, 3) AS state, files.name AS file, bodies.line, bodies.payload,
    coalesce(results.record, failures.record) AS record,
    coalesce(
        results.history,
        ARRAY(SELECT record FROM preflight.attempts WHERE attempts.seq = endings.seq ORDER BY fence)
    ) AS history
FROM preflight.endings
JOIN preflight.bodies ON bodies.seq = endings.seq
LEFT JOIN preflight.results ON results.day = endings.day AND results.seq = endings.seq
LEFT JOIN preflight.failures ON failures.seq = endings.seq
LEFT JOIN preflight.jobs ON jobs.seq = endings.seq
JOIN preflight.lanes ON lanes.number = coalesce(results.lane, jobs.lane)
LEFT JOIN preflight.files ON files.number = bodies.file
WHERE endings.number > $1
