SELECT EXISTS (SELECT 1 FROM temp.staged_files WHERE source_id IS NOT NULL)
