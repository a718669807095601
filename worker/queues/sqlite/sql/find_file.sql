-- Reads by name.
SELECT number FROM files WHERE name = :name
