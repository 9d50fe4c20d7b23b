SELECT generation, first_at, last_at, ruling, reason, compared FROM evidence
WHERE job_id = :job_id ORDER BY last_at, id
