-- Whether any two rows ask for the same, as jobs_identity has it.
SELECT EXISTS (
    SELECT 1 FROM temp.staged
    GROUP BY file, coalesce(start_ms, -1), coalesce(end_ms, -1), single, (force AND start_ms IS NULL)
    HAVING count(*) > 1
)
