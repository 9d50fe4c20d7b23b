UPDATE jobs SET
    state = :state, due_at = NULL, project_id = coalesce(:project_id, project_id), updated_at = :at
WHERE id = :job_id AND state = 'in_doubt' AND generation = :generation
RETURNING id
