-- add_jobs.sql for a batch of one lane, one priority and one state, which is what a file usually is: taking seven
-- values out of JSON for each row is most of the cost. An entry is [id, size, line].
INSERT INTO jobs (seq, id, lane, state, priority, size, due_at, file, line)
SELECT :first + key, value ->> 0, :lane, :state, :priority, value ->> 1, :due_at, :file, value ->> 2
FROM json_each(:entries) WHERE TRUE
ON CONFLICT (id) DO NOTHING
