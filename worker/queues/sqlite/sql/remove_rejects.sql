-- A row that is forgotten may be kept again.
DELETE FROM rejects WHERE id IN (SELECT value FROM json_each(:ids))
