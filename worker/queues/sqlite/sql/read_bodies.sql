-- A payload is JSON text, so the answer is JSON as it stands: [[seq, payload], ...].
SELECT '[' || group_concat('[' || seq || ',' || payload || ']') || ']'
FROM bodies
WHERE seq IN (SELECT value FROM json_each(:seqs))
