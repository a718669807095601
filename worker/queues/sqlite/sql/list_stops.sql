-- A record stays the text that was written: every digit of a time counts. The answer is [record, ...], the oldest first.
SELECT '[' || group_concat(record) || ']'
FROM (SELECT record FROM stops ORDER BY since, rowid)
