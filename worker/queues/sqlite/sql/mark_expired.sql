-- A lease that ran out is counted, because its request may have been sent; the job is charged with no attempt.
UPDATE jobs SET state = 0, expiries = expiries + 1, lease_until = NULL
WHERE seq IN (SELECT seq FROM jobs WHERE state = 1 AND lease_until < :now)
