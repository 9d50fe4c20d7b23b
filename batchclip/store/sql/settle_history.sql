INSERT INTO history (job_id, at, run_id, from_state, to_state, reason)
VALUES (:job_id, :at, :run_id, 'in_doubt', :state, :reason)
