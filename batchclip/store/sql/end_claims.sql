DELETE FROM claims WHERE generation IN (SELECT value FROM json_each(:generations))
RETURNING generation, job_id, source_id
