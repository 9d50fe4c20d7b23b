UPDATE jobs SET state = 'pending', due_at = NULL, updated_at = :at
WHERE state IN ('rejected', 'failed', 'in_doubt', 'cancelled') AND state = :state
RETURNING source_id
