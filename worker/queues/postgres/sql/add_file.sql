-- A file has one number for ever.
INSERT INTO preflight.files (name) VALUES ($1) ON CONFLICT (name) DO NOTHING
