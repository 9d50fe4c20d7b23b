SELECT
    claims.generation, claims.run_id, jobs.id, jobs.source_id, sources.file_id,
    jobs.start_ms, jobs.end_ms, jobs.single, jobs.force, jobs.title, jobs.priority,
    CASE WHEN jobs.tries_run = claims.run_id THEN jobs.tries ELSE 0 END,
    claims.sent_at, claims.server_sent_at, claims.sent_uptime
FROM claims
JOIN jobs ON jobs.id = claims.job_id
JOIN sources ON sources.id = claims.source_id
WHERE claims.generation >= :first_generation
ORDER BY claims.generation
