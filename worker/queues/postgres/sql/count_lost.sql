-- How many leases ran out before a time and were not taken back, and when the first did: from the index of leased jobs.
SELECT count(*) AS jobs, min(lease_until) AS since FROM preflight.jobs WHERE state = 1 AND lease_until < $1
