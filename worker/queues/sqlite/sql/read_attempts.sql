-- The whole history of jobs: [[seq, fence, record], ...]; a fence is later than those before it.
SELECT '[' || group_concat('[' || seq || ',' || fence || ',' || record || ']') || ']'
FROM attempts
WHERE seq IN (SELECT value FROM json_each(:seqs))
