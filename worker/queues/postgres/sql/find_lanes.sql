-- After add_lanes.sql, and not with it: a statement does not see what others have added while it waited for them.
SELECT name, number FROM preflight.lanes WHERE name = ANY ($1::text[])
