-- A day goes as a whole, after the last of its jobs.
SELECT preflight.drop_day($1::date)
