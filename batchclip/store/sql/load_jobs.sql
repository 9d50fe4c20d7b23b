-- CROSS JOIN keeps this order of reading: along the manifests, so that the table grows at its end.
INSERT INTO jobs
    (source_id, start_ms, end_ms, single, force, title, priority, turn, state, front, manifest_id,
     line, created_at, updated_at)
SELECT
    staged_files.source_id, start_ms, end_ms, single, force, title, priority,
    earlier + staged_places.turn, 'pending', staged_places.front AND earlier = 0,
    :manifests + manifest, line, :at, :at
FROM temp.staged_places
CROSS JOIN temp.staged ON staged.seq = staged_places.seq
CROSS JOIN temp.staged_files ON staged_files.id = staged.file
ORDER BY staged_places.seq
