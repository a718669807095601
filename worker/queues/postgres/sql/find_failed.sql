-- Which of these ids are dead or parked, held in the order of their numbers to the end of the transaction: nobody else
-- replays, resolves or discards them meanwhile. A row is (place of the id, seq, state, lane).
SELECT entry.place, jobs.seq, jobs.state, lanes.name AS lane
FROM unnest($1::text[]) WITH ORDINALITY AS entry (id, place)
JOIN preflight.bodies ON bodies.id = entry.id
JOIN preflight.jobs ON jobs.seq = bodies.seq
JOIN preflight.lanes ON lanes.number = jobs.lane
WHERE jobs.state IN (4, 5)
ORDER BY jobs.seq
FOR UPDATE OF jobs
