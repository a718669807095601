-- One of the six that forget a job for good.
DELETE FROM edits WHERE seq IN (SELECT value FROM json_each(:seqs))
