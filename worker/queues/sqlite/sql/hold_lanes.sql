-- A lane whose jobs go one after the other is held by the one that was leased last. A holder is [lane, seq].
UPDATE lanes SET held_by = holder.seq
FROM (SELECT value ->> 0 AS lane, value ->> 1 AS seq FROM json_each(:holders)) AS holder
WHERE lanes.number = holder.lane
