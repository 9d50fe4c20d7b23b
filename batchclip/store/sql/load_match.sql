UPDATE temp.staged SET job_id = (
    SELECT jobs.id FROM main.jobs
    JOIN main.sources ON sources.id = jobs.source_id
    WHERE sources.file_id = staged.file_id
        AND coalesce(jobs.start_ms, -1) = coalesce(staged.start_ms, -1)
        AND coalesce(jobs.end_ms, -1) = coalesce(staged.end_ms, -1)
        AND jobs.single = staged.single
        AND (jobs.force AND jobs.start_ms IS NULL) = (staged.force AND staged.start_ms IS NULL)
)
