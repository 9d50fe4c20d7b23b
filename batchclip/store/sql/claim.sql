INSERT INTO claims (source_id, job_id, run_id, sent_at, server_sent_at, sent_uptime)
SELECT source_id, id, :run_id, :sent_at, :server_sent_at, :sent_uptime
FROM jobs WHERE front = 1 ORDER BY priority DESC, turn, id LIMIT :limit
