SELECT
    sources.file_id, jobs.start_ms, jobs.end_ms, jobs.single, jobs.force, jobs.title, jobs.priority,
    jobs.state, jobs.project_id, jobs.attempts,
    newest.http_status, newest.error_name, newest.error,
    manifests.name, jobs.line, jobs.created_at, jobs.updated_at, jobs.id,
    manifests.loaded_at, jobs.due_at, jobs.source_id
FROM jobs
JOIN sources ON sources.id = jobs.source_id
JOIN manifests ON manifests.id = jobs.manifest_id
LEFT JOIN attempts AS newest ON newest.generation = jobs.generation
WHERE jobs.id IN (
    SELECT :job_id
    UNION ALL
    SELECT id FROM jobs
    WHERE source_id = (SELECT id FROM sources WHERE file_id = :file_id)
        AND (:start_ms IS NULL OR start_ms = :start_ms)
    UNION ALL
    -- There is no index over lines, so only a manifest's line reads the whole table.
    SELECT id FROM jobs
    WHERE :manifest IS NOT NULL
        AND line = :line
        AND manifest_id IN (SELECT id FROM manifests WHERE name = :manifest)
)
ORDER BY jobs.id
