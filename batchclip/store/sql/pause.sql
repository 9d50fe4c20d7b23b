INSERT INTO pauses (paused_at, paused_by) SELECT :at, :by
WHERE NOT EXISTS (SELECT 1 FROM pauses WHERE resumed_at IS NULL)
RETURNING id
