UPDATE main.jobs SET title = staged.title, updated_at = :at
FROM temp.staged
WHERE jobs.id = staged.job_id
    AND jobs.state IN ('pending', 'failed')
    AND staged.title IS NOT NULL
    AND jobs.title IS NOT staged.title
