-- Reads one entry of the index.
SELECT min(due_at) FROM jobs WHERE state = 2
