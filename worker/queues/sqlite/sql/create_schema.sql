-- One job is one row of `jobs`, which every lease and settle rewrites; its content stands apart in `bodies`, so that
-- a change of state costs the same for 50 bytes and for 50 KB (measured with 50 KB: 15,000 jobs/s against 2,000).
-- Nothing here is worth a foreign key: every write goes through one of our statements, in one transaction.
-- This is version 1 of the schema, as it will stay: what came later is in extend_schema.sql.
CREATE TABLE lanes (
    number INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE -- ["api","operation","key" or null]
);

CREATE TABLE files (
    number INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE
);

CREATE TABLE jobs (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, -- never given twice: old cursors and leases must not meet a new job
    id TEXT NOT NULL UNIQUE,               -- as inside the quotes of its JSON text
    lane INTEGER NOT NULL,
    state INTEGER NOT NULL,                -- 0 ready, 1 leased, 2 delayed, 3 delivered, 4 dead, 5 parked
    priority INTEGER NOT NULL,
    size INTEGER NOT NULL,                 -- of the content, in characters
    attempts INTEGER NOT NULL DEFAULT 0,
    expiries INTEGER NOT NULL DEFAULT 0,
    fence INTEGER NOT NULL DEFAULT 0,
    due_at REAL,                           -- delayed jobs only; epoch seconds
    lease_until REAL,                      -- leased jobs only; epoch seconds
    file INTEGER,
    line INTEGER
);

-- A lease reads the first entries of its lane here, however many jobs wait and however many are done.
CREATE INDEX jobs_ready ON jobs (lane, priority DESC, seq) WHERE state = 0;
CREATE INDEX jobs_leased ON jobs (lease_until) WHERE state = 1;
CREATE INDEX jobs_delayed ON jobs (due_at) WHERE state = 2;

CREATE TABLE bodies (
    seq INTEGER PRIMARY KEY,
    payload TEXT NOT NULL
);

-- The first content of jobs that were mended: the file they came from may be submitted again.
CREATE TABLE edits (
    seq INTEGER PRIMARY KEY,
    original TEXT NOT NULL
);

-- Every attempt that did not deliver, over all replays. A lease is settled once, so its fence is unique and in order.
CREATE TABLE attempts (
    seq INTEGER NOT NULL,
    fence INTEGER NOT NULL,
    record TEXT NOT NULL,
    PRIMARY KEY (seq, fence)
) WITHOUT ROWID;

CREATE TABLE results (
    seq INTEGER PRIMARY KEY,
    record TEXT NOT NULL
);

-- Exactly the jobs that are dead or parked.
CREATE TABLE failures (
    seq INTEGER PRIMARY KEY,
    cause TEXT NOT NULL,
    status INTEGER,
    failed_at REAL NOT NULL,
    record TEXT NOT NULL
);

-- Rows that could not become jobs.
CREATE TABLE rejects (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL, -- of the lane, as in `lanes`
    cause TEXT NOT NULL,
    status INTEGER,
    failed_at REAL NOT NULL,
    record TEXT NOT NULL
);

-- How many jobs are in each state, and how many failures and rejects each cause has: asked every second, so never
-- counted. The first is kept by count_moves.sql in the transaction that moves the jobs, the second by triggers.
CREATE TABLE states (
    state INTEGER PRIMARY KEY,
    jobs INTEGER NOT NULL
);
INSERT INTO states (state, jobs) VALUES (0, 0), (1, 0), (2, 0), (3, 0), (4, 0), (5, 0);

CREATE TABLE causes (
    cause TEXT PRIMARY KEY,
    failures INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TRIGGER failure_added AFTER INSERT ON failures BEGIN
    INSERT INTO causes VALUES (NEW.cause, 1) ON CONFLICT (cause) DO UPDATE SET failures = failures + 1;
END;
CREATE TRIGGER failure_removed AFTER DELETE ON failures BEGIN
    UPDATE causes SET failures = failures - 1 WHERE cause = OLD.cause;
END;
CREATE TRIGGER reject_added AFTER INSERT ON rejects BEGIN
    INSERT INTO causes VALUES (NEW.cause, 1) ON CONFLICT (cause) DO UPDATE SET failures = failures + 1;
END;
CREATE TRIGGER reject_removed AFTER DELETE ON rejects BEGIN
    UPDATE causes SET failures = failures - 1 WHERE cause = OLD.cause;
END;
