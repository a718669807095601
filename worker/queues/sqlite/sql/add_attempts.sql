-- A lease leaves one attempt at most. An attempt is [seq, fence, record].
INSERT INTO attempts (seq, fence, record)
SELECT value ->> 0, value ->> 1, value ->> 2 FROM json_each(:attempts)
