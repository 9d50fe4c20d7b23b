WITH ended (job_id, run_id, generation, state, due_at, uses_attempt, project_id, at) AS (
    VALUES (?, ?, ?, ?, ?, ?, ?, ?)
)
UPDATE jobs SET
    state = ended.state,
    due_at = ended.due_at,
    attempts = attempts + (jobs.state = 'submitting'),
    tries = CASE WHEN tries_run = ended.run_id THEN tries ELSE 0 END
        + (jobs.state = 'submitting' AND ended.uses_attempt),
    tries_run = ended.run_id,
    generation = ended.generation,
    project_id = coalesce(ended.project_id, jobs.project_id),
    updated_at = ended.at
FROM ended
WHERE jobs.id = ended.job_id
