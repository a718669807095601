-- Which of these days have no partition yet, and whether we may make one: one row.
SELECT
    ARRAY(
        SELECT day FROM unnest($1::date[]) AS day
        WHERE to_regclass('preflight.' || 'results_' || to_char(day, 'YYYYMMDD')) IS NULL
    ) AS missing,
    has_schema_privilege(relnamespace, 'CREATE') AND pg_has_role(relowner, 'USAGE') AS allowed
FROM pg_class WHERE oid = 'preflight.results'::regclass
