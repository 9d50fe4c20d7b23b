SELECT state, sum(ranges)
FROM (
    SELECT state, manifest_id, 1 AS ranges FROM jobs
    WHERE source_id = (SELECT id FROM sources WHERE file_id = :file_id)
    UNION ALL
    SELECT state, manifest_id, 1 FROM jobs
    WHERE :file_id IS NULL AND state = 'pending' AND due_at IS NULL
    UNION ALL
    SELECT state, manifest_id, 1 FROM jobs
    WHERE :file_id IS NULL AND state = 'pending' AND due_at IS NOT NULL
    UNION ALL
    SELECT state, manifest_id, 1 FROM claims JOIN jobs ON jobs.id = claims.job_id
    WHERE :file_id IS NULL
    UNION ALL
    SELECT state, manifest_id, 1 FROM jobs
    WHERE :file_id IS NULL
        AND (state = 'rejected' OR state = 'failed' OR state = 'in_doubt' OR state = 'cancelled')
    UNION ALL
    -- Nothing but these two reads the whole table; they are a row each, so that it is read fast.
    SELECT 'submitted', max(manifest_id), count(*) FROM jobs
    WHERE :file_id IS NULL AND :whole AND state = 'submitted'
        AND manifest_id IN (SELECT id FROM manifests WHERE name = :manifest)
    UNION ALL
    SELECT 'already_done', max(manifest_id), count(*) FROM jobs
    WHERE :file_id IS NULL AND :whole AND state = 'already_done'
        AND manifest_id IN (SELECT id FROM manifests WHERE name = :manifest)
)
WHERE state IN (SELECT value FROM json_each(:states))
    AND (:manifest IS NULL OR manifest_id IN (SELECT id FROM manifests WHERE name = :manifest))
GROUP BY state
