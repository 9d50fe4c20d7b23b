INSERT INTO temp.staged_files (file_id)
SELECT file_id FROM temp.staged_batch WHERE true ORDER BY rowid
ON CONFLICT (file_id) DO NOTHING
