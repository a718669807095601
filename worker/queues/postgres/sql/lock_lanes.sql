-- Who leases in order has the lane to himself until he commits; lanes that another has locked are left to him.
SELECT name FROM preflight.lanes WHERE name = ANY ($1::text[]) FOR UPDATE SKIP LOCKED
