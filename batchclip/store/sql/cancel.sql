UPDATE jobs SET state = 'cancelled', front = 0, due_at = NULL, updated_at = :at
WHERE state IN ('pending', 'failed', 'rejected')
    AND state IN (SELECT value FROM json_each(:states))
    AND (:file_id IS NULL OR source_id = (SELECT id FROM sources WHERE file_id = :file_id))
    AND (:manifest IS NULL OR manifest_id IN (SELECT id FROM manifests WHERE name = :manifest))
RETURNING source_id
