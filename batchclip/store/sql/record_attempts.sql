INSERT OR REPLACE INTO attempts
    (job_id, run_id, generation, sent_at, server_sent_at, took_ms, outcome, http_status,
     error_name, error, uptime, boot, sent_uptime)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
