-- Rows that ask for what a range of the job table asks for. CROSS JOIN: file by file, not range by range.
UPDATE temp.staged SET job_id = jobs.id
FROM temp.staged_files
CROSS JOIN jobs ON jobs.source_id = staged_files.source_id
WHERE staged_files.id = staged.file
    AND coalesce(jobs.start_ms, -1) = coalesce(staged.start_ms, -1)
    AND coalesce(jobs.end_ms, -1) = coalesce(staged.end_ms, -1)
    AND jobs.single = staged.single
    AND (jobs.force AND jobs.start_ms IS NULL) = (staged.force AND staged.start_ms IS NULL)
