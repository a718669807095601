-- One row for each day whose jobs are being forgotten.
INSERT INTO preflight.walks (day, seq) VALUES ($1, 0) ON CONFLICT (day) DO NOTHING
