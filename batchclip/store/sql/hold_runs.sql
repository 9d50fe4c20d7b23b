UPDATE runs SET held_until = max(coalesce(runs.held_until, 0), asked.held_until)
FROM (
    SELECT value ->> 0 AS run_id, max(value ->> 1) AS held_until
    FROM json_each(:holds)
    GROUP BY value ->> 0
) AS asked
WHERE runs.id = asked.run_id
