-- A delivered job has one result: {seq: record}.
INSERT INTO results (seq, record)
SELECT CAST(key AS INTEGER), value FROM json_each(:results)
