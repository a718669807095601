-- The first content of a job that was mended before it came here. An original is [seq, payload].
INSERT INTO edits (seq, original)
SELECT value ->> 0, value ->> 1 FROM json_each(:originals)
