-- In the order of arrival.
SELECT rejects.number, octet_length(rejects.record) AS size, rejects.id, lanes.name AS lane, rejects.record
FROM preflight.rejects
JOIN preflight.lanes ON lanes.number = rejects.lane
WHERE rejects.number > $1 AND /* selection */
