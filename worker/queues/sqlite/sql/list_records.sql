-- A page of all jobs, whatever their state, in the order of acceptance. Times are written to their last digit. A row is
-- [seq, id, lane, state, size, file, line, priority, attempts, expiries, sent, first_at, due_at, holds, failure, result].
SELECT '[' || group_concat(text) || ']' FROM (
    SELECT '[' || jobs.seq || ',"' || jobs.id || '",' || lanes.name || ',' || jobs.state || ',' || jobs.size || ','
        || coalesce(jobs.file, 'null') || ',' || coalesce(jobs.line, 'null') || ',' || jobs.priority || ','
        || jobs.attempts || ',' || jobs.expiries || ',' || jobs.sent || ','
        || iif(jobs.first_at IS NULL, 'null', format('%!.17g', jobs.first_at)) || ','
        || iif(jobs.due_at IS NULL, 'null', format('%!.17g', jobs.due_at)) || ','
        || (lanes.held_by IS jobs.seq AND jobs.state IN (0, 2)) || ','
        || coalesce(failures.record, 'null') || ',' || coalesce(results.record, 'null') || ']' AS text
    FROM jobs
    CROSS JOIN lanes ON lanes.number = jobs.lane
    LEFT JOIN failures ON failures.seq = jobs.seq
    LEFT JOIN results ON results.seq = jobs.seq
    WHERE jobs.seq > :after
    ORDER BY jobs.seq
    LIMIT :limit
)
