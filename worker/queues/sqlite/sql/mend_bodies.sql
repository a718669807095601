-- After keep_originals.sql. An edit is [seq, payload].
UPDATE bodies SET payload = edit.payload
FROM (SELECT value ->> 0 AS seq, value ->> 1 AS payload FROM json_each(:edits)) AS edit
WHERE bodies.seq = edit.seq
