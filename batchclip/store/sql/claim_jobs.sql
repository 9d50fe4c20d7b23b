UPDATE jobs SET state = 'submitting', front = 0, updated_at = :at
WHERE id IN (SELECT job_id FROM claims WHERE generation >= :first_generation)
