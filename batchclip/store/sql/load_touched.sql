SELECT DISTINCT sources.id FROM temp.staged
JOIN main.sources ON sources.file_id = staged.file_id
WHERE staged.job_id IS NULL
