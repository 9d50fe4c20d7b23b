INSERT INTO claims (source_id, job_id, run_id)
SELECT source_id, id, :run_id FROM jobs WHERE front = 1 ORDER BY priority DESC, turn, id LIMIT :limit
RETURNING generation, job_id
