-- An id is taken once: a second one, in the queue or in the batch, is left out. The job at index n of the batch gets
-- the number :first + n, so a taken id shows by its number whether it is this very entry.
-- An entry is [id, lane, state, priority, size, due_at, line].
INSERT INTO jobs (seq, id, lane, state, priority, size, due_at, file, line)
SELECT
    :first + key, value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5, :file, value ->> 6
FROM json_each(:entries) WHERE TRUE
ON CONFLICT (id) DO NOTHING
