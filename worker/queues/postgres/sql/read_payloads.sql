-- Each job has one content, the last that it was given. A row is (place of the id, payload).
SELECT entry.place, bodies.payload
FROM unnest($1::text[]) WITH ORDINALITY AS entry (id, place)
JOIN preflight.bodies ON bodies.id = entry.id
