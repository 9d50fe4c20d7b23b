INSERT INTO temp.staged (file_id, start_ms, end_ms, single, force, title, priority, manifest, line)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT DO UPDATE SET title = coalesce(title, excluded.title)
