-- Of the newest attempts, so that the read is short however large the table.
SELECT DISTINCT jobs.project_id
FROM (SELECT job_id FROM attempts WHERE outcome = 'created' ORDER BY generation DESC LIMIT 200) AS newest
JOIN jobs ON jobs.id = newest.job_id
WHERE jobs.project_id IS NOT NULL
