-- Files that had ranges before and now have more.
SELECT source_id FROM temp.staged_files WHERE earlier > 0
