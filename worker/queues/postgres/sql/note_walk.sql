-- The results of the day up to this number have no jobs any more.
UPDATE preflight.walks SET seq = $2 WHERE day = $1
