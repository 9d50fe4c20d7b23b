SELECT
    count(*) FILTER (WHERE others.state IN ('submitted', 'already_done')),
    count(*) FILTER (WHERE (
        others.state IN ('submitting', 'submitted', 'already_done', 'in_doubt')
        OR EXISTS (
            SELECT 1 FROM attempts
            WHERE attempts.job_id = others.id
                AND attempts.outcome IN ('created', 'already_done', 'unknown')
        )
    ))
FROM jobs AS others
WHERE others.source_id = :source_id AND others.id <> :job_id
