-- In the order of acceptance: every partition gives its own in that order, and they are merged.
SELECT
    results.seq AS number, octet_length(bodies.payload) AS size, bodies.id, lanes.name AS lane, bodies.payload,
    cardinality(results.history) AS tried, results.record
FROM preflight.results
JOIN preflight.bodies ON bodies.seq = results.seq
JOIN preflight.lanes ON lanes.number = results.lane
WHERE results.seq > $1
