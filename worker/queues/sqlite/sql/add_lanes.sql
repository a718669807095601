-- A lane has one number for ever.
INSERT INTO lanes (name)
SELECT value FROM json_each(:lanes) WHERE TRUE
ON CONFLICT (name) DO NOTHING
