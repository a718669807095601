-- A content leaves as the text that was submitted, and not as the value that it stands for: [[seq, payload, original]].
SELECT json_group_array(json_array(bodies.seq, bodies.payload, edits.original))
FROM bodies
LEFT JOIN edits ON edits.seq = bodies.seq
WHERE bodies.seq IN (SELECT value FROM json_each(:seqs))
