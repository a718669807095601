-- Every job has one body, and an entry that was not taken leaves none behind.
INSERT INTO bodies (seq, payload)
SELECT :first + key, value FROM json_each(:payloads)
WHERE :first + key IN (SELECT seq FROM jobs WHERE seq >= :first)
