-- A stop is [scope, kind]; one that is not noted is no error.
DELETE FROM stops WHERE (scope, kind) IN (SELECT value ->> 0, value ->> 1 FROM json_each(:stops))
