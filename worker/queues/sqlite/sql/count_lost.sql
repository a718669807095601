-- How many leases ran out before a time and were not taken back, and when the first did: from the index of leased jobs.
SELECT count(*), min(lease_until) FROM jobs WHERE state = 1 AND lease_until < :before
