SELECT
    sources.file_id, others.start_ms, others.end_ms, others.single, others.force, others.title,
    others.priority
FROM jobs AS others
JOIN sources ON sources.id = others.source_id
WHERE others.source_id = :source_id
    AND others.id <> :job_id
    AND (
        others.start_ms IS NULL OR :start_ms IS NULL
        OR (others.start_ms < :end_ms AND :start_ms < others.end_ms)
    )
    AND (
        others.state IN ('submitting', 'submitted', 'already_done', 'in_doubt')
        OR EXISTS (
            SELECT 1 FROM attempts
            WHERE attempts.job_id = others.id
                AND attempts.outcome IN ('created', 'already_done', 'unknown')
        )
    )
