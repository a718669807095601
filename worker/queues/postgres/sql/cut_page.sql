-- A page holds at most $2 rows and $3 bytes of content, but one row at least; `found` says of how many rows it was cut,
-- at most one more than $2. What is too big to stand in its row is read only for rows that are in the page.
SELECT * FROM (
    SELECT
        listed.*, row_number() OVER listing AS place, sum(listed.size) OVER listing AS bytes, count(*) OVER () AS found
    FROM (SELECT * FROM (/* listing */) AS listing ORDER BY number LIMIT $2::bigint + 1) AS listed
    WINDOW listing AS (ORDER BY listed.number)
) AS page
WHERE place <= $2 AND (bytes <= $3::bigint OR place = 1)
ORDER BY number
