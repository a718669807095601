-- A page in the order in which jobs ended. A row is [number, seq, id, lane, state, size, file, line, record], the record
-- being that of its result or of its failure.
SELECT '[' || group_concat(text) || ']' FROM (
    SELECT '[' || endings.number || ',' || endings.seq || ',"' || jobs.id || '",' || lanes.name || ',' || jobs.state || ','
        || jobs.size || ',' || coalesce(jobs.file, 'null') || ',' || coalesce(jobs.line, 'null') || ','
        || coalesce(results.record, failures.record) || ']' AS text
    FROM endings
    CROSS JOIN jobs ON jobs.seq = endings.seq
    CROSS JOIN lanes ON lanes.number = jobs.lane
    LEFT JOIN results ON results.seq = endings.seq
    LEFT JOIN failures ON failures.seq = endings.seq
    WHERE endings.number > :after
    ORDER BY endings.number
    LIMIT :limit
)
