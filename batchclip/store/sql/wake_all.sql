INSERT INTO woken SELECT id, source_id FROM jobs WHERE state = 'pending' AND due_at IS NOT NULL
