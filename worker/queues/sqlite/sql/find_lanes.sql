-- A lane has one number for ever; one that no job ever named has none and is left out.
SELECT '[' || group_concat('[' || number || ',' || name || ']') || ']'
FROM lanes
WHERE name IN (SELECT value FROM json_each(:lanes))
