-- Of each lease that holds, what became of its job is recorded once: a job that is delivered leaves `jobs` and
-- `attempts` for `results`, all others change their state. Jobs are locked in the order of seq; one that has changed
-- meanwhile is looked at again, as it is now. What is deleted here can be read here: a statement sees what was before it.
-- $1 seqs, $2 fences, $3 states, $4 due_at, $5 charges, $6 sent, $7 time of a try that is not the last, $8 records of
-- attempts for the history, $9 causes and $10 statuses of failures, $11 records of failures or results; $12 now, $13 its
-- day. The answer is [seq, fence], ... of those that held.
WITH given AS MATERIALIZED (
    SELECT * FROM unnest(
        $1::bigint[], $2::bigint[], $3::smallint[], $4::double precision[], $5::integer[], $6::boolean[],
        $7::double precision[], $8::text[], $9::text[], $10::integer[], $11::text[]
    ) WITH ORDINALITY AS given (
        seq, fence, state, due_at, charge, sent, tried_at, attempt, cause, status, record, place
    )
), held AS MATERIALIZED (
    SELECT given.*
    FROM given JOIN preflight.jobs ON jobs.seq = given.seq AND jobs.fence = given.fence AND jobs.state = 1
    ORDER BY jobs.seq FOR UPDATE OF jobs
), moved AS (
    UPDATE preflight.jobs SET
        state = held.state, due_at = held.due_at, attempts = jobs.attempts + held.charge, lease_until = NULL,
        sent = held.sent, settled = TRUE,
        first_at = CASE WHEN held.tried_at IS NULL THEN jobs.first_at ELSE coalesce(jobs.first_at, held.tried_at) END
    FROM held
    WHERE jobs.seq = held.seq AND held.state <> 3
), gone AS (
    DELETE FROM preflight.jobs USING held
    WHERE jobs.seq = held.seq AND held.state = 3
    RETURNING
        jobs.seq, jobs.fence, jobs.first_at, jobs.lane, jobs.priority, jobs.attempts + held.charge AS attempts,
        jobs.expiries, held.record
), forgotten AS (
    DELETE FROM preflight.attempts WHERE seq = ANY (ARRAY(SELECT gone.seq FROM gone))
), delivered AS (
    INSERT INTO preflight.results (
        day, seq, fence, delivered_at, first_at, lane, priority, attempts, expiries, record, history
    )
    SELECT
        $13::date, gone.seq, gone.fence, $12::double precision, gone.first_at, gone.lane, gone.priority, gone.attempts,
        gone.expiries, gone.record,
        ARRAY(SELECT attempts.record FROM preflight.attempts WHERE attempts.seq = gone.seq ORDER BY attempts.fence)
    FROM gone
), tried AS (
    INSERT INTO preflight.attempts (seq, fence, record)
    SELECT seq, fence, attempt FROM held WHERE attempt IS NOT NULL
), failed AS (
    INSERT INTO preflight.failures (seq, cause, status, failed_at, record)
    SELECT seq, cause, status, $12::double precision, record FROM held WHERE cause IS NOT NULL
), ended AS (
    INSERT INTO preflight.endings (seq, day)
    SELECT seq, CASE WHEN state = 3 THEN $13::date END FROM held WHERE state >= 3 ORDER BY place
), counted AS (
    INSERT INTO preflight.moves (ready, leased, delayed, delivered, dead, parked)
    SELECT
        count(*) FILTER (WHERE state = 0), -count(*), count(*) FILTER (WHERE state = 2),
        count(*) FILTER (WHERE state = 3), count(*) FILTER (WHERE state = 4), count(*) FILTER (WHERE state = 5)
    FROM held HAVING count(*) > 0
)
SELECT seq, fence FROM held
