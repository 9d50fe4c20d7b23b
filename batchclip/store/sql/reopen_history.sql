INSERT INTO history (job_id, at, run_id, from_state, to_state, reason)
SELECT id, :at, :run_id, state, 'pending', :reason FROM jobs
WHERE state IN ('rejected', 'failed', 'in_doubt', 'cancelled') AND state = :state
