-- One row of JSON: for each row that it fetches, the thread would wait for the interpreter's lock.
SELECT json_group_array(json_array(
    generation, run_id, job_id, source_id, file_id, start_ms, end_ms, single, force, title, priority,
    tries, sent_at, server_sent_at, sent_uptime
))
FROM (
    SELECT
        claims.generation, claims.run_id, claims.job_id, claims.source_id,
        hex(sources.file_id) AS file_id, jobs.start_ms, jobs.end_ms, jobs.single, jobs.force,
        jobs.title, jobs.priority,
        CASE WHEN jobs.tries_run = claims.run_id THEN jobs.tries ELSE 0 END AS tries,
        claims.sent_at, claims.server_sent_at, claims.sent_uptime
    FROM claims
    JOIN jobs ON jobs.id = claims.job_id
    JOIN sources ON sources.id = claims.source_id
    WHERE claims.generation >= :first_generation
    ORDER BY claims.generation
)
