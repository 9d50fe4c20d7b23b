SELECT paused_at, paused_by FROM pauses WHERE resumed_at IS NULL
