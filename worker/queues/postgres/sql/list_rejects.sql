-- In the order of arrival.
SELECT rejects.number, octet_length(rejects.record) AS size, rejects.id, lanes.name AS lane, rejects.record
FROM preflight.rejects
CROSS JOIN LATERAL (SELECT * FROM preflight.lanes WHERE lanes.number = rejects.lane OFFSET 0) AS lanes
WHERE rejects.number > $1 AND /* selection */
