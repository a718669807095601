-- Reads by name; lanes that do not exist are left out.
SELECT '[' || group_concat('[' || number || ',' || name || ']') || ']'
FROM lanes
WHERE name IN (SELECT value FROM json_each(:lanes))
