UPDATE jobs SET front = 1
WHERE id IN (
    SELECT (
        SELECT candidates.id FROM jobs AS candidates
        WHERE candidates.source_id = touched.value
            AND candidates.state = 'pending'
            AND candidates.due_at IS NULL
            AND NOT EXISTS (
                SELECT 1 FROM jobs AS doubts
                WHERE doubts.source_id = candidates.source_id
                    AND doubts.state = 'in_doubt'
                    AND (
                        doubts.start_ms IS NULL OR candidates.start_ms IS NULL
                        OR (
                            doubts.start_ms < candidates.end_ms
                            AND candidates.start_ms < doubts.end_ms
                        )
                    )
            )
        ORDER BY candidates.priority DESC, candidates.turn, candidates.id
        LIMIT 1
    )
    FROM json_each(:sources) AS touched
    WHERE NOT EXISTS (SELECT 1 FROM claims WHERE claims.source_id = touched.value)
)
