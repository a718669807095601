-- After add_file.sql.
SELECT number FROM preflight.files WHERE name = $1
