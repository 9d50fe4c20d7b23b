SELECT DISTINCT jobs.project_id
FROM (
    -- No more than these, so that the read is short however large the table.
    SELECT job_id, outcome FROM attempts ORDER BY generation DESC LIMIT 1000
) AS newest
JOIN jobs ON jobs.id = newest.job_id
WHERE newest.outcome = 'created' AND jobs.project_id IS NOT NULL
