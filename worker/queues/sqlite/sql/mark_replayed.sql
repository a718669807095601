-- A replayed job starts uncharged; its fence goes on growing, so that no old lease can settle it. One that has a time is
-- delayed until then. A replay is [seq, due_at or null].
UPDATE jobs SET
    state = CASE WHEN replay.due_at IS NULL THEN 0 ELSE 2 END, due_at = replay.due_at,
    attempts = 0, expiries = 0, sent = 0, settled_fence = 0, first_at = NULL
FROM (SELECT value ->> 0 AS seq, value ->> 1 AS due_at FROM json_each(:replays)) AS replay
WHERE jobs.seq = replay.seq
