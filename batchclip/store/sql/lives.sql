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
WHERE (:job_id IS NULL OR jobs.id = :job_id)
    AND (:file_id IS NULL OR jobs.source_id = (SELECT id FROM sources WHERE file_id = :file_id))
    AND (:start_ms IS NULL OR jobs.start_ms = :start_ms)
    AND (:line IS NULL OR jobs.line = :line)
    AND (:manifest IS NULL OR jobs.manifest_id IN (SELECT id FROM manifests WHERE name = :manifest))
ORDER BY jobs.id
