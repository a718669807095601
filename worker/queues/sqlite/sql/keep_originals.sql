-- The first content of a mended job is kept for good; that of a second mending was not the submitter's.
INSERT INTO edits (seq, original)
SELECT seq, payload FROM bodies WHERE seq IN (SELECT value ->> 0 FROM json_each(:edits))
ON CONFLICT (seq) DO NOTHING
