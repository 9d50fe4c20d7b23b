-- As the migrations have it. SQLite keeps the text up to the semicolon, or to the end of the file.
CREATE UNIQUE INDEX job_table.jobs_identity ON jobs (
    source_id, coalesce(start_ms, -1), coalesce(end_ms, -1), single, (force AND start_ms IS NULL)
);
