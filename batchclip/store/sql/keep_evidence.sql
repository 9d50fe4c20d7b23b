INSERT INTO evidence (job_id, generation, first_at, last_at, ruling, reason, compared)
SELECT id, generation, :at, :at, :ruling, :reason, :compared FROM jobs
WHERE id = :job_id AND generation = :generation AND state = 'in_doubt'
ON CONFLICT DO UPDATE SET last_at = excluded.last_at, compared = excluded.compared
RETURNING job_id
