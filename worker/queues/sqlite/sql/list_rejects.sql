-- A page in the order of arrival. A row is [number, id, lane, record].
SELECT '[' || group_concat(text) || ']' FROM (
    SELECT '[' || number || ',"' || id || '",' || name || ',' || record || ']' AS text
    FROM rejects
    WHERE number > :after AND /* selection */
    ORDER BY number
    LIMIT :limit
)
