-- A number names one file for ever.
SELECT name FROM files WHERE number = :number
