-- One row of JSON, as in claimed.sql.
SELECT json_group_array(json_array(generation, job_id, source_id)) FROM claims
WHERE generation IN (SELECT value FROM json_each(:generations))
