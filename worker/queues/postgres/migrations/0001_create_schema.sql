-- What is hot stands apart from what only grows: `jobs` holds what is unfinished or has failed, in narrow rows that every
-- lease and settle rewrites, `bodies` what jobs are, written once, and `results` what was delivered, by day.
-- No foreign keys: every write goes through one of our statements. A statement of several tables locks jobs in the order
-- of seq, and adds to `moves` and `causes` without a lock, so that transactions wait for each other in one order only.
-- The schema is named `preflight` here, and in every statement; the one that was asked for takes its place.
CREATE TABLE preflight.meta (
    version integer NOT NULL,                   -- the number of the last migration
    store uuid NOT NULL DEFAULT gen_random_uuid()
);
INSERT INTO preflight.meta (version) VALUES (0);

CREATE TABLE preflight.lanes (
    number integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name text COLLATE "C" NOT NULL UNIQUE,      -- ["api","operation","key" or null]
    held_by bigint                              -- the job that was leased last, where they go one after the other
) WITH (fillfactor = 50);

CREATE TABLE preflight.files (
    number integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name text COLLATE "C" NOT NULL UNIQUE       -- as inside the quotes of its JSON text
);

-- Every job, for as long as its id is known. A number is never given twice.
CREATE SEQUENCE preflight.seqs;
CREATE TABLE preflight.bodies (
    seq bigint PRIMARY KEY,
    file integer,
    line bigint,
    id text COLLATE "C" NOT NULL UNIQUE,        -- as inside the quotes of its JSON text
    payload text NOT NULL                       -- JSON; as text, because neither jsonb nor ->> bears \u0000
);

-- Every job that is not delivered. Renewals touch no indexed column, and find room in the page: they write no index.
CREATE TABLE preflight.jobs (
    seq bigint PRIMARY KEY,
    fence bigint NOT NULL DEFAULT 0,
    lease_until double precision,               -- leased jobs only; epoch seconds
    due_at double precision,                    -- delayed jobs only; epoch seconds
    first_at double precision,                  -- of jobs that were tried before; epoch seconds
    lane integer NOT NULL,
    priority integer NOT NULL DEFAULT 0,
    size integer NOT NULL,                      -- of the payload, in characters
    attempts integer NOT NULL DEFAULT 0,
    expiries integer NOT NULL DEFAULT 0,
    state smallint NOT NULL,                    -- 0 ready, 1 leased, 2 delayed, 4 dead, 5 parked (3 is delivered)
    sent boolean NOT NULL DEFAULT FALSE,        -- a request of a lease that ran out may have been sent
    settled boolean NOT NULL DEFAULT FALSE      -- the lease of this fence was settled, and nothing happened since
) WITH (
    fillfactor = 75,
    autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 2000, autovacuum_vacuum_cost_delay = 0,
    autovacuum_vacuum_insert_scale_factor = 0.1, autovacuum_analyze_scale_factor = 0.1
);
CREATE INDEX jobs_ready ON preflight.jobs (lane, priority DESC, seq) WHERE state = 0;
CREATE INDEX jobs_delayed ON preflight.jobs (due_at) WHERE state = 2;
CREATE INDEX jobs_leased ON preflight.jobs (seq) WHERE state = 1;

-- The first content of jobs that were mended: the file they came from may be submitted again.
CREATE TABLE preflight.edits (
    seq bigint PRIMARY KEY,
    original text NOT NULL
);

-- The recorded attempts of jobs that are not delivered. A lease is settled once, so its fence is unique and in order.
CREATE TABLE preflight.attempts (
    seq bigint NOT NULL,
    fence bigint NOT NULL,
    record text NOT NULL,
    PRIMARY KEY (seq, fence)
) WITH (autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_threshold = 2000, autovacuum_vacuum_cost_delay = 0);

-- Exactly the jobs that are dead or parked.
CREATE TABLE preflight.failures (
    seq bigint PRIMARY KEY,
    status integer,
    failed_at double precision NOT NULL,
    cause text COLLATE "C" NOT NULL,
    record text NOT NULL
);

-- Rows that could not become jobs.
CREATE TABLE preflight.rejects (
    number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    lane integer NOT NULL,
    status integer,
    failed_at double precision NOT NULL,
    id text COLLATE "C" NOT NULL UNIQUE,
    cause text COLLATE "C" NOT NULL,
    record text NOT NULL
);

-- Exactly the jobs that are delivered, with all that `jobs` and `attempts` knew of them; a partition for each day (UTC)
-- of delivery, which is dropped whole once all of its jobs are old enough to be forgotten.
CREATE TABLE preflight.results (
    day date NOT NULL,
    seq bigint NOT NULL,
    fence bigint NOT NULL,
    delivered_at double precision NOT NULL,
    first_at double precision,
    lane integer NOT NULL,
    priority integer NOT NULL,
    attempts integer NOT NULL,
    expiries integer NOT NULL,
    record text NOT NULL,
    history text[] NOT NULL,                    -- the records of attempts that did not deliver, the oldest first
    PRIMARY KEY (seq, day)
) PARTITION BY RANGE (day);

-- Days whose jobs are being forgotten, and up to which number that is done.
CREATE TABLE preflight.walks (
    day date PRIMARY KEY,
    seq bigint NOT NULL
);

-- Exactly the jobs that are delivered, dead or parked. Their order is made when somebody asks for it: transactions do
-- not commit in the order of their numbers, and who has read up to one must not miss another.
CREATE SEQUENCE preflight.ending_numbers;
CREATE TABLE preflight.endings (
    seq bigint PRIMARY KEY,
    entered bigint GENERATED ALWAYS AS IDENTITY,
    number bigint,
    day date                                    -- of its result; NULL for a failure
);
CREATE INDEX endings_new ON preflight.endings (entered) WHERE number IS NULL;
CREATE UNIQUE INDEX endings_read ON preflight.endings (number) WHERE number IS NOT NULL;

-- What every transaction added to each state and each cause, or took from it: the sum of the rows is how many there are.
-- Nobody waits for another's row, not even for that of a program which enqueues in a long transaction of its own.
CREATE TABLE preflight.moves (
    ready bigint NOT NULL DEFAULT 0,
    leased bigint NOT NULL DEFAULT 0,
    delayed bigint NOT NULL DEFAULT 0,
    delivered bigint NOT NULL DEFAULT 0,
    dead bigint NOT NULL DEFAULT 0,
    parked bigint NOT NULL DEFAULT 0
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000, autovacuum_vacuum_cost_delay = 0);

CREATE TABLE preflight.causes (
    failures bigint NOT NULL,
    cause text COLLATE "C" NOT NULL
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000, autovacuum_vacuum_cost_delay = 0);

CREATE FUNCTION preflight.count_added() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    INSERT INTO preflight.causes (cause, failures) SELECT cause, count(*) FROM changed GROUP BY cause;
    RETURN NULL;
END $$;
CREATE FUNCTION preflight.count_removed() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    INSERT INTO preflight.causes (cause, failures) SELECT cause, -count(*) FROM changed GROUP BY cause;
    RETURN NULL;
END $$;
CREATE TRIGGER failures_added AFTER INSERT ON preflight.failures REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION preflight.count_added();
CREATE TRIGGER failures_removed AFTER DELETE ON preflight.failures REFERENCING OLD TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION preflight.count_removed();
CREATE TRIGGER rejects_added AFTER INSERT ON preflight.rejects REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION preflight.count_added();
CREATE TRIGGER rejects_removed AFTER DELETE ON preflight.rejects REFERENCING OLD TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION preflight.count_removed();

-- What was taken from each budget's account, as worker/limits/ writes it. What is full again is forgotten now and then.
CREATE TABLE preflight.quotas (
    name text COLLATE "C" PRIMARY KEY,
    full_at double precision NOT NULL,          -- epoch seconds
    state text NOT NULL                         -- a JSON list of numbers
) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000);

-- Which lanes stand still, and why.
CREATE TABLE preflight.stops (
    number bigint GENERATED ALWAYS AS IDENTITY,
    scope text COLLATE "C" NOT NULL,            -- ["api","operation" or null,"key" or null]
    kind text COLLATE "C" NOT NULL,
    since double precision NOT NULL,            -- epoch seconds
    record text NOT NULL,                       -- the whole of it, as JSON
    PRIMARY KEY (scope, kind)
);

-- Makes the partition of a day, where there is none yet. Attached, because making it in its place would lock all others.
CREATE FUNCTION preflight.make_day(day date) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    part text := 'results_' || to_char(day, 'YYYYMMDD');
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended('preflight.results', 0));
    IF to_regclass('preflight.' || part) IS NULL THEN
        EXECUTE format('CREATE TABLE preflight.%I (LIKE preflight.results INCLUDING DEFAULTS)', part);
        EXECUTE format(
            'ALTER TABLE preflight.results ATTACH PARTITION preflight.%I FOR VALUES FROM (%L) TO (%L)', part, day, day + 1
        );
    END IF;
END $$;

-- Takes the partition of a day away, unless somebody uses `results` for longer than all others are to wait behind this.
CREATE FUNCTION preflight.drop_day(day date) RETURNS void LANGUAGE plpgsql SET lock_timeout = '200ms' AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended('preflight.results', 0));
    EXECUTE format('DROP TABLE preflight.%I', 'results_' || to_char(day, 'YYYYMMDD'));
    DELETE FROM preflight.walks WHERE walks.day = drop_day.day;
END $$;

-- A lane's name as in `lanes`, to the letter.
CREATE FUNCTION preflight.lane_of(job json) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT '[' || to_json(job ->> 'api')::text || ',' || to_json(job ->> 'operation')::text || ','
        || coalesce(to_json(job ->> 'key')::text, 'null') || ']'
$$;

-- Jobs from a transaction of somebody else's: they are there if that commits, and then are durable as it is. Takes a list
-- of jobs as in schemas/job.schema.json, each with its id; what else is in them, workers check. Those whose id is known
-- are left out. How many came.
CREATE FUNCTION preflight.enqueue(jobs json) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    moment double precision := extract(epoch FROM clock_timestamp());
    came bigint;
BEGIN
    PERFORM jobs::jsonb; -- it refuses texts that are no Unicode, which json lets pass
    IF EXISTS (
        SELECT FROM json_array_elements(jobs) AS job
        WHERE (json_typeof(job -> 'id') = 'string' AND json_typeof(job -> 'api') = 'string'
            AND json_typeof(job -> 'operation') = 'string'
            AND coalesce(json_typeof(job -> 'key'), 'null') IN ('string', 'null')) IS NOT TRUE
    ) THEN
        RAISE EXCEPTION 'every job needs "id", "api" and "operation", and each of them, and "key", is a text'
            USING ERRCODE = 'invalid_parameter_value';
    END IF;
    INSERT INTO preflight.lanes (name)
    SELECT DISTINCT preflight.lane_of(job) COLLATE "C" AS name FROM json_array_elements(jobs) AS job
    WHERE NOT EXISTS (SELECT FROM preflight.lanes WHERE lanes.name = preflight.lane_of(job))
    ORDER BY name
    ON CONFLICT (name) DO NOTHING;
    WITH given AS MATERIALIZED (
        SELECT
            nextval('preflight.seqs') AS seq, place,
            substr(to_json(job ->> 'id')::text, 2, length(to_json(job ->> 'id')::text) - 2) AS id,
            preflight.lane_of(job) AS name, coalesce((job ->> 'priority')::integer, 0) AS priority,
            extract(epoch FROM (job ->> 'not_before')::timestamptz)::double precision AS not_before,
            translate(job::text, E'\n\r', '  ') AS payload
        FROM json_array_elements(jobs) WITH ORDINALITY AS element (job, place)
    ), added AS (
        INSERT INTO preflight.bodies (seq, id, payload)
        SELECT seq, id, payload FROM given ORDER BY id, place
        ON CONFLICT (id) DO NOTHING
        RETURNING seq
    ), queued AS (
        INSERT INTO preflight.jobs (seq, lane, priority, size, due_at, state)
        SELECT
            given.seq, lanes.number, given.priority, length(given.payload),
            CASE WHEN given.not_before > moment THEN given.not_before END,
            CASE WHEN given.not_before > moment THEN 2 ELSE 0 END
        FROM given
        JOIN added ON added.seq = given.seq
        JOIN preflight.lanes ON lanes.name = given.name
        ORDER BY given.seq
        RETURNING state
    ), counted AS (
        INSERT INTO preflight.moves (ready, delayed)
        SELECT count(*) FILTER (WHERE state = 0), count(*) FILTER (WHERE state = 2) FROM queued HAVING count(*) > 0
    )
    SELECT count(*) INTO came FROM queued;
    IF came > 0 THEN
        PERFORM pg_notify('preflight.ready', '');
    END IF;
    RETURN came;
END $$;
