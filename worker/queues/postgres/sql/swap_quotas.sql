-- All of these accounts change, or none does: none that is not as the caller has seen it, nor any other beside it.
-- $1 names; $2 the states that were seen, empty for an account that is not kept; $3 the new ones, empty where one only
-- must not have changed; $4 from when on they may be forgotten. The answer is nothing where all was changed, and else
-- how every one of them stands. What is stale is refused without a lock. A row that another inserts meanwhile is a
-- violation of the key, which undoes this statement.
WITH asked AS (
    SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::double precision[])
        AS asked (name, seen, new, full_at)
),
standing AS MATERIALIZED (
    SELECT asked.name, coalesce(quotas.state, '') AS state, coalesce(quotas.state, '') = asked.seen AS same
    FROM asked LEFT JOIN preflight.quotas USING (name)
),
held AS MATERIALIZED (
    SELECT quotas.name, quotas.state FROM preflight.quotas
    WHERE quotas.name = ANY ($1::text[]) AND (SELECT bool_and(same) FROM standing)
    ORDER BY quotas.name
    FOR UPDATE
),
verdict AS MATERIALIZED (
    SELECT (SELECT bool_and(same) FROM standing) AND bool_and(coalesce(held.state, '') = asked.seen) AS same
    FROM asked LEFT JOIN held USING (name)
),
added AS (
    INSERT INTO preflight.quotas (name, full_at, state)
    SELECT asked.name, asked.full_at, asked.new FROM asked, verdict
    WHERE verdict.same AND asked.seen = '' AND asked.new <> ''
    ORDER BY asked.name
),
changed AS (
    UPDATE preflight.quotas SET full_at = asked.full_at, state = asked.new FROM asked, verdict
    WHERE verdict.same AND quotas.name = asked.name AND asked.seen <> '' AND asked.new <> ''
)
SELECT standing.name, coalesce(held.state, standing.state) AS state
FROM standing LEFT JOIN held USING (name), verdict
WHERE NOT verdict.same
