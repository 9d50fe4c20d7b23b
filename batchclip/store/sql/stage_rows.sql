INSERT INTO temp.staged (file, start_ms, end_ms, single, force, title, priority, manifest, line)
SELECT staged_files.id, start_ms, end_ms, single, force, title, priority, :manifest, line
FROM temp.staged_batch
CROSS JOIN temp.staged_files ON staged_files.file_id = staged_batch.file_id
ORDER BY staged_batch.rowid
