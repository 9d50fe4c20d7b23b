INSERT INTO history (job_id, at, run_id, from_state, to_state, reason)
SELECT id, :at, :run_id, state, 'pending', :reason FROM jobs
WHERE (state = 'rejected' OR state = 'failed' OR state = 'in_doubt' OR state = 'cancelled')
    AND state = :state
