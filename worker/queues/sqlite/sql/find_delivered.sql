-- Those that were delivered before a time, the oldest first, from the index alone: [seq, ...].
SELECT json_group_array(seq) FROM (
    SELECT seq FROM results
    WHERE record ->> 'delivered_at' < :before
    ORDER BY record ->> 'delivered_at'
    LIMIT :most
)
