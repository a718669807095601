-- A file has one number for ever; add_file.sql has made sure that there is one.
SELECT number FROM files WHERE name = :name
