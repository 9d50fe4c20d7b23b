UPDATE jobs SET title = staged_titles.title, updated_at = :at
FROM temp.staged_titles
WHERE jobs.id = staged_titles.job_id AND jobs.state IN ('pending', 'failed')
