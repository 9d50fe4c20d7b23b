DELETE FROM temp.staged_batch
