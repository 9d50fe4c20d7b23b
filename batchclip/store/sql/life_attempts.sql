SELECT
    generation, run_id, sent_at, server_sent_at, took_ms, outcome, http_status, error_name, error
FROM attempts WHERE job_id = :job_id
UNION ALL
SELECT generation, run_id, sent_at, server_sent_at, NULL, 'on_the_wire', NULL, NULL, NULL
FROM claims WHERE job_id = :job_id AND sent_at IS NOT NULL
ORDER BY generation
