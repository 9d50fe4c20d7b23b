CREATE TEMP TRIGGER touched_front INSTEAD OF INSERT ON touched
BEGIN
    UPDATE jobs SET front = 0 WHERE front = 1 AND source_id = NEW.source_id;
    UPDATE jobs SET front = 1
    WHERE NOT EXISTS (SELECT 1 FROM claims WHERE claims.source_id = NEW.source_id)
        AND id = (
            SELECT candidates.id FROM jobs AS candidates
            WHERE candidates.source_id = NEW.source_id
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
        );
END
