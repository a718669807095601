-- A record stays the text that was written: every digit of a time counts. The oldest first.
SELECT record FROM preflight.stops ORDER BY since, number
