INSERT INTO temp.staged_titles (job_id, title)
SELECT staged.job_id, staged.title FROM temp.staged
CROSS JOIN jobs ON jobs.id = staged.job_id
WHERE staged.title IS NOT NULL AND jobs.title IS NOT staged.title
