-- Nobody lifts what another has put in the place of what they knew; a stop that is not noted is no error.
DELETE FROM preflight.stops
USING unnest($1::text[], $2::text[], $3::text[]) AS known (scope, kind, record)
WHERE stops.scope = known.scope AND stops.kind = known.kind AND stops.record = known.record
