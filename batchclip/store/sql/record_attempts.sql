INSERT OR REPLACE INTO attempts
    (generation, job_id, run_id, sent_at, server_sent_at, took_ms, outcome, http_status,
     error_name, error, uptime, boot, sent_uptime)
SELECT
    value ->> 'generation', value ->> 'job_id', value ->> 'run_id', value ->> 'sent_at',
    value ->> 'server_sent_at', value ->> 'took_ms', value ->> 'outcome',
    value ->> 'http_status', value ->> 'error_name', value ->> 'error',
    value ->> 'uptime', value ->> 'boot', value ->> 'sent_uptime'
FROM json_each(:finished)
