-- The index of delayed jobs begins with the next that is due.
SELECT min(due_at) FROM jobs WHERE state = 2
