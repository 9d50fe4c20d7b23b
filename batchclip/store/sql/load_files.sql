-- Files that the job table has.
UPDATE temp.staged_files SET source_id = sources.id
FROM sources
WHERE sources.file_id = staged_files.file_id AND staged_files.source_id IS NULL
