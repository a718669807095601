-- Each job has one content, the last that it was given: [[index, payload as text], ...].
SELECT json_group_array(json_array(entry.key, bodies.payload))
FROM json_each(:ids) AS entry
CROSS JOIN jobs ON jobs.id = entry.value
JOIN bodies ON bodies.seq = jobs.seq
