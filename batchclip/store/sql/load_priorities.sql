-- Whether the new rows have several priorities.
SELECT coalesce(min(priority) <> max(priority), 0) FROM temp.staged WHERE job_id IS NULL
