-- A file has one number for ever.
INSERT INTO files (name) VALUES (:name) ON CONFLICT (name) DO NOTHING
