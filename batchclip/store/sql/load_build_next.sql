-- As the migrations have it. SQLite keeps the text up to the semicolon, or to the end of the file.
CREATE INDEX job_table.jobs_next ON jobs (source_id, priority DESC, turn, id)
    WHERE state = 'pending' AND due_at IS NULL;
