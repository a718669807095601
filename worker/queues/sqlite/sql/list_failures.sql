-- A page in the order of acceptance; a job that fails or is mended meanwhile moves no other. A row is
-- [seq, id, lane, state, size, file, line, record].
SELECT '[' || group_concat(text) || ']' FROM (
    SELECT '[' || failures.seq || ',"' || jobs.id || '",' || lanes.name || ',' || jobs.state || ',' || jobs.size || ','
        || coalesce(jobs.file, 'null') || ',' || coalesce(jobs.line, 'null') || ',' || failures.record || ']' AS text
    FROM failures
    JOIN jobs ON jobs.seq = failures.seq
    JOIN lanes ON lanes.number = jobs.lane
    WHERE failures.seq > :after AND /* selection */
    ORDER BY failures.seq
    LIMIT :limit
)
