DELETE FROM temp.staged_places
