SELECT others.id, others.state FROM jobs AS others
WHERE others.source_id = :source_id
    AND others.id <> :job_id
    AND (
        others.state = 'submitting'
        OR (
            others.state = 'in_doubt'
            AND (
                others.start_ms IS NULL OR :start_ms IS NULL
                OR (others.start_ms < :end_ms AND :start_ms < others.end_ms)
            )
        )
    )
ORDER BY others.state = 'in_doubt' DESC LIMIT 1
