-- Version 3 of the schema: which lease was settled last, so that a settlement that is repeated, because its answer was
-- lost, is told from one that comes too late.
ALTER TABLE jobs ADD COLUMN settled_fence INTEGER NOT NULL DEFAULT 0;
