-- The same as jobs_identity: of rows that ask for the same, the first counts.
CREATE UNIQUE INDEX temp.staged_identity ON staged (
    file_id, coalesce(start_ms, -1), coalesce(end_ms, -1), single, (force AND start_ms IS NULL)
)
