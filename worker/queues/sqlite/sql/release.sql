-- A lease that nobody received is given back as if it had never been. A lease is [seq, fence].
UPDATE jobs SET state = 0, lease_until = NULL
FROM (SELECT value ->> 0 AS seq, value ->> 1 AS fence FROM json_each(:leases)) AS lease
WHERE jobs.seq = lease.seq AND jobs.fence = lease.fence AND jobs.state = 1
