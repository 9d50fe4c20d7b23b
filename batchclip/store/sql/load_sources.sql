INSERT OR IGNORE INTO sources (file_id) SELECT file_id FROM temp.staged ORDER BY seq
