UPDATE jobs SET due_at = NULL
WHERE state = 'pending' AND due_at IS NOT NULL
RETURNING source_id
