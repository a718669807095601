-- Reads by number.
SELECT name FROM files WHERE number = :number
