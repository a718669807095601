-- A lane whose jobs go one after the other is held by the one that was leased last. After lock_lanes.sql.
UPDATE preflight.lanes SET held_by = holder.seq
FROM unnest($1::text[], $2::bigint[]) AS holder (name, seq)
WHERE lanes.name = holder.name
