UPDATE pauses SET resumed_at = :at, resumed_by = :by WHERE resumed_at IS NULL RETURNING id
