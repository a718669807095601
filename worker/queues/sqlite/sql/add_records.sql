-- For ids that are new: a job with all that another store knew of it. Its fence is the number of its recorded attempts,
-- whose fences are those before it. A record is
-- [id, lane, state, priority, size, attempts, expiries, fence, due_at, file, line, sent, first_at].
INSERT INTO jobs (
    seq, id, lane, state, priority, size, attempts, expiries, fence, due_at, file, line, sent, first_at
)
SELECT
    :first + key, value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5, value ->> 6, value ->> 7,
    value ->> 8, value ->> 9, value ->> 10, value ->> 11, value ->> 12
FROM json_each(:records)
