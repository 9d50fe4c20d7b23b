-- Like ranges.sql, for states that few ranges are in: the rest of the table is not read.
SELECT
    sources.file_id, jobs.start_ms, jobs.end_ms, jobs.single, jobs.force, jobs.title, jobs.priority,
    jobs.state, jobs.project_id, jobs.attempts,
    attempts.http_status, attempts.error_name, attempts.error,
    manifests.name, jobs.line, jobs.created_at, jobs.updated_at, jobs.id
FROM jobs
JOIN sources ON sources.id = jobs.source_id
JOIN manifests ON manifests.id = jobs.manifest_id
LEFT JOIN attempts ON attempts.generation = jobs.generation
WHERE jobs.id IN (
    SELECT job_id FROM claims WHERE 'submitting' IN (SELECT value FROM json_each(:states))
    UNION ALL
    SELECT id FROM jobs
    WHERE (state = 'rejected' OR state = 'failed' OR state = 'in_doubt' OR state = 'cancelled')
        AND state IN (SELECT value FROM json_each(:states))
)
ORDER BY jobs.id
