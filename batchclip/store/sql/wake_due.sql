UPDATE jobs SET due_at = NULL
WHERE state = 'pending' AND due_at IS NOT NULL AND due_at <= :at
RETURNING source_id
