-- Nobody lifts what another has put in the place of what they knew. A stop is [scope, kind, record]; one that is not
-- noted is no error.
DELETE FROM stops
WHERE (scope, kind, record) IN (SELECT value ->> 0, value ->> 1, value ->> 2 FROM json_each(:stops))
