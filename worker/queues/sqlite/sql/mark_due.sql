-- A delayed job becomes ready once, when its time has come. At most :most, so that no transaction is long.
UPDATE jobs SET state = 0, due_at = NULL
WHERE seq IN (SELECT seq FROM jobs WHERE state = 2 AND due_at <= :now ORDER BY due_at LIMIT :most)
