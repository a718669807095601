-- One of the six that forget a job for good; a trigger forgets that it was delivered.
DELETE FROM results WHERE seq IN (SELECT value FROM json_each(:seqs))
