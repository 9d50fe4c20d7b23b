UPDATE temp.staged_files SET earlier = (
    SELECT count(*) FROM jobs WHERE jobs.source_id = staged_files.source_id
)
WHERE source_id IS NOT NULL AND id IN (SELECT file FROM temp.staged WHERE job_id IS NULL)
