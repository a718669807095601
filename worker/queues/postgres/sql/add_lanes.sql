-- A lane has one number for ever. In the order of their names, so that two who add the same ones cannot block each other.
INSERT INTO preflight.lanes (name)
SELECT name FROM unnest($1::text[]) AS name
ON CONFLICT (name) DO NOTHING
