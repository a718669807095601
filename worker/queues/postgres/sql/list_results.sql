-- In the order of acceptance: every partition gives its own in that order, and they are merged. The rest is as in
-- list_failures.sql.
SELECT
    results.seq AS number, octet_length(bodies.payload) AS size, bodies.id, lanes.name AS lane, bodies.payload,
    cardinality(results.history) AS tried, results.record
FROM preflight.results
CROSS JOIN LATERAL (SELECT * FROM preflight.bodies WHERE bodies.seq = results.seq OFFSET 0) AS bodies
CROSS JOIN LATERAL (SELECT * FROM preflight.lanes WHERE lanes.number = results.lane OFFSET 0) AS lanes
WHERE results.seq > $1
