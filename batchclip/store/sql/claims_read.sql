-- Claims with all that a request needs, each as an array of JSON.
CREATE TEMP VIEW claims_read AS
SELECT
    claims.generation,
    json_array(
        claims.generation, claims.run_id, claims.job_id, claims.source_id, hex(sources.file_id),
        jobs.start_ms, jobs.end_ms, jobs.single, jobs.force, jobs.title, jobs.priority,
        CASE WHEN jobs.tries_run = claims.run_id THEN jobs.tries ELSE 0 END,
        claims.sent_at, claims.server_sent_at, claims.sent_uptime
    ) AS one
FROM claims
JOIN jobs ON jobs.id = claims.job_id
JOIN sources ON sources.id = claims.source_id
