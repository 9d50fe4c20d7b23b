SELECT
    (SELECT count(*) FROM temp.staged_places) AS new,
    (SELECT coalesce(max(id), 0) FROM jobs) AS there
