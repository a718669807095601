-- A row is kept once, under its id. A reject is [id, name of the lane, cause, status, failed_at, record].
INSERT INTO rejects (id, name, cause, status, failed_at, record)
SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5
FROM json_each(:rejects) WHERE TRUE
ON CONFLICT (id) DO NOTHING
