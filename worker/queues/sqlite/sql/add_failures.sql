-- A dead or parked job has one failure. A failure is [seq, cause, status, record].
INSERT INTO failures (seq, cause, status, failed_at, record)
SELECT value ->> 0, value ->> 1, value ->> 2, value ->> '$[3].failed_at', value ->> 3 FROM json_each(:failures)
