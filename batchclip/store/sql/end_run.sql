UPDATE runs SET ended_at = :at, exit_code = :exit_code, ended_because = :because WHERE id = :run_id
