SELECT state, count(*) FROM jobs
WHERE state IN (SELECT value FROM json_each(:states))
    AND (:file_id IS NULL OR source_id = (SELECT id FROM sources WHERE file_id = :file_id))
    AND (:manifest IS NULL OR manifest_id IN (SELECT id FROM manifests WHERE name = :manifest))
GROUP BY state
