UPDATE jobs SET due_at = NULL
WHERE id IN (
    SELECT id FROM jobs WHERE state = 'pending' AND due_at IS NOT NULL AND due_at <= :at
    UNION ALL
    -- No back-off is longer: what is due later was noted before the clock was set back.
    SELECT id FROM jobs WHERE state = 'pending' AND due_at IS NOT NULL AND due_at > :latest
)
RETURNING source_id
