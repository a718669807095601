-- One of the six that forget a job for good.
DELETE FROM failures WHERE seq IN (SELECT value FROM json_each(:seqs))
