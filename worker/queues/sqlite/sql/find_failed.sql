-- Which of these ids are dead or parked: [[index, seq, state, lane], ...].
SELECT json_group_array(json_array(entry.key, jobs.seq, jobs.state, json(lanes.name)))
FROM json_each(:ids) AS entry
CROSS JOIN jobs ON jobs.id = entry.value
JOIN lanes ON lanes.number = jobs.lane
WHERE jobs.state IN (4, 5)
