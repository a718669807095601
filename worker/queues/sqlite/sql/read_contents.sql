-- For telling duplicates from conflicts: what the queue holds under the ids of a batch, contents as texts:
-- [[index, seq, payload, original], ...].
SELECT json_group_array(json_array(entry.key, jobs.seq, bodies.payload, edits.original))
FROM json_each(:ids) AS entry
CROSS JOIN jobs ON jobs.id = entry.value
JOIN bodies ON bodies.seq = jobs.seq
LEFT JOIN edits ON edits.seq = jobs.seq
