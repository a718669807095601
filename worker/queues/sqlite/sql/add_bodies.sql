-- Every job has one body. For a batch of which every entry was taken.
INSERT INTO bodies (seq, payload)
SELECT :first + key, value FROM json_each(:payloads)
