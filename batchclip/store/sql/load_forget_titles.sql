DELETE FROM temp.staged_titles
