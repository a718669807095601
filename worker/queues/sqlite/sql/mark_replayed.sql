-- A replayed job starts uncharged; its fence goes on growing, so that no old lease can settle it.
UPDATE jobs SET state = 0, attempts = 0, expiries = 0
WHERE seq IN (SELECT value FROM json_each(:seqs))
