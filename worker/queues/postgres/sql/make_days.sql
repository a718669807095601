-- A day has one partition, whoever makes it.
SELECT preflight.make_day(day) FROM unnest($1::date[]) AS day
