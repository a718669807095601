-- One worker at a time forgets jobs of a day, from where the last one stopped.
SELECT seq FROM preflight.walks WHERE day = $1 FOR UPDATE SKIP LOCKED
