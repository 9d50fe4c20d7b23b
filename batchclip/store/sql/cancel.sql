UPDATE jobs SET state = 'cancelled', front = 0, due_at = NULL, updated_at = :at
WHERE id IN (
    SELECT id FROM jobs WHERE source_id = (SELECT id FROM sources WHERE file_id = :file_id)
    UNION ALL
    SELECT id FROM jobs WHERE :file_id IS NULL AND state = 'pending' AND due_at IS NULL
    UNION ALL
    SELECT id FROM jobs WHERE :file_id IS NULL AND state = 'pending' AND due_at IS NOT NULL
    UNION ALL
    SELECT id FROM jobs
    WHERE :file_id IS NULL
        AND (state = 'rejected' OR state = 'failed' OR state = 'in_doubt' OR state = 'cancelled')
)
    AND state IN ('pending', 'failed', 'rejected')
    AND state IN (SELECT value FROM json_each(:states))
    AND (:manifest IS NULL OR manifest_id IN (SELECT id FROM manifests WHERE name = :manifest))
RETURNING source_id
