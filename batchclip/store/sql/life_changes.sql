SELECT at, run_id, from_state, to_state, reason FROM history WHERE job_id = :job_id ORDER BY id
