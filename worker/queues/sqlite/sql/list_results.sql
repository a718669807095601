-- A page in the order of acceptance. A row is [seq, id, lane, attempts before, size, record].
SELECT '[' || group_concat(text) || ']' FROM (
    SELECT '[' || results.seq || ',"' || jobs.id || '",' || lanes.name || ','
        || (SELECT count(*) FROM attempts WHERE attempts.seq = results.seq) || ','
        || jobs.size || ',' || results.record || ']' AS text
    FROM results
    JOIN jobs ON jobs.seq = results.seq
    JOIN lanes ON lanes.number = jobs.lane
    WHERE results.seq > :after
    ORDER BY results.seq
    LIMIT :limit
)
