-- A state stays the text that was written: every digit of a time counts.
SELECT name, state FROM preflight.quotas WHERE name = ANY ($1::text[])
