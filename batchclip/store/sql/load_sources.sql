INSERT INTO sources (file_id)
SELECT file_id FROM temp.staged_files WHERE source_id IS NULL ORDER BY id
