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
FROM (
    SELECT
        value ->> 'job_id' AS job_id,
        value ->> 'state' AS state,
        value ->> 'due_at' AS due_at,
        value ->> 'run_id' AS run_id,
        value ->> 'uses_attempt' AS uses_attempt,
        value ->> 'generation' AS generation,
        value ->> 'project_id' AS project_id,
        value ->> 'at' AS at
    FROM json_each(:finished)
) AS ended
WHERE jobs.id = ended.job_id
