-- Where a part of so many accounts ends; NULL where they are the last.
SELECT rowid FROM quotas WHERE rowid > :after ORDER BY rowid LIMIT 1 OFFSET :most
