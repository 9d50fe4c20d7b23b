-- Files that had ranges before and now have more. One keeps its front if nothing that is new has a
-- higher priority: a file's new ranges come after its others of the same.
SELECT source_id FROM temp.staged_files
WHERE earlier > 0
    AND NOT EXISTS (
        SELECT 1 FROM jobs
        WHERE jobs.source_id = staged_files.source_id AND jobs.front = 1
            AND jobs.priority >= (SELECT max(priority) FROM temp.staged WHERE job_id IS NULL)
    )
