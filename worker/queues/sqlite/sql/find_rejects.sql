-- A row is kept once, under its id: the indexes of those ids that are kept already.
SELECT json_group_array(entry.key)
FROM json_each(:ids) AS entry
CROSS JOIN rejects ON rejects.id = entry.value
