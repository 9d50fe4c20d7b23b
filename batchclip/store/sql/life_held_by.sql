SELECT id, state FROM (
    SELECT doubts.id, doubts.state FROM jobs AS doubts
    WHERE doubts.source_id = :source_id
        AND doubts.state = 'in_doubt'
        AND doubts.id <> :job_id
        AND (
            doubts.start_ms IS NULL OR :start_ms IS NULL
            OR (doubts.start_ms < :end_ms AND :start_ms < doubts.end_ms)
        )
    UNION ALL
    SELECT job_id, 'submitting' FROM claims WHERE source_id = :source_id AND job_id <> :job_id
)
ORDER BY state = 'in_doubt' DESC LIMIT 1
