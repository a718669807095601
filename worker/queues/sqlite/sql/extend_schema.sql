-- Version 2 of the schema: jobs in order, requests that may have been sent, the age of a job's first try, and the order
-- in which jobs ended.
-- `held_by` is the job that holds a lane whose jobs are leased one after the other: while it is leased or delayed, no
-- other is. It is written only by leases in order; whether it still holds the lane is read from its state.
ALTER TABLE lanes ADD COLUMN held_by INTEGER;

ALTER TABLE jobs ADD COLUMN sent INTEGER NOT NULL DEFAULT 0; -- 1: a request of a lease that ran out may have been sent
ALTER TABLE jobs ADD COLUMN first_at REAL;                   -- of jobs that were tried before; epoch seconds

-- What was taken from each budget's account, as worker/limits/ writes it. What is full again is forgotten now and then.
CREATE TABLE quotas (
    account TEXT NOT NULL PRIMARY KEY, -- JSON
    state TEXT NOT NULL,               -- a JSON list of numbers
    full_at REAL NOT NULL              -- epoch seconds
);

-- Which lanes stand still, and why.
CREATE TABLE stops (
    scope TEXT NOT NULL, -- ["api","operation" or null,"key" or null]
    kind TEXT NOT NULL,
    since REAL NOT NULL, -- epoch seconds
    record TEXT NOT NULL, -- the whole of it, as JSON
    PRIMARY KEY (scope, kind)
);

-- Exactly the jobs that are delivered, dead or parked, in the order in which they came to be so.
CREATE TABLE endings (
    number INTEGER PRIMARY KEY AUTOINCREMENT, -- never given twice: who has read up to one must not miss another
    seq INTEGER NOT NULL UNIQUE
);
INSERT INTO endings (seq)
SELECT seq FROM (SELECT seq FROM results UNION ALL SELECT seq FROM failures) ORDER BY seq;

CREATE TRIGGER job_delivered AFTER INSERT ON results BEGIN
    INSERT INTO endings (seq) VALUES (NEW.seq);
END;
CREATE TRIGGER job_failed AFTER INSERT ON failures BEGIN
    INSERT INTO endings (seq) VALUES (NEW.seq);
END;
CREATE TRIGGER failure_ended AFTER DELETE ON failures BEGIN
    DELETE FROM endings WHERE seq = OLD.seq;
END;
