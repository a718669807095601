-- From where the walk through a day goes on; held to the end of the transaction against those who make it begin anew.
INSERT INTO preflight.walks (day, seq) VALUES ($1, 0)
ON CONFLICT (day) DO UPDATE SET seq = walks.seq
RETURNING seq
