-- A job that is sent again, or forgotten, holds its lane no longer: others may go while it waits. Before its lane changes.
UPDATE lanes SET held_by = NULL
WHERE number IN (SELECT lane FROM jobs WHERE seq IN (SELECT value FROM json_each(:seqs)))
    AND held_by IN (SELECT value FROM json_each(:seqs))
