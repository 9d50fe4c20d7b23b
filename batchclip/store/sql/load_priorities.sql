-- Whether the new rows have several priorities.
SELECT min(priority) <> max(priority) FROM temp.staged WHERE job_id IS NULL
