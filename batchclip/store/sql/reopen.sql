UPDATE jobs SET state = 'pending', due_at = NULL, updated_at = :at
WHERE (state = 'rejected' OR state = 'failed' OR state = 'in_doubt' OR state = 'cancelled')
    AND state = :state
RETURNING source_id
