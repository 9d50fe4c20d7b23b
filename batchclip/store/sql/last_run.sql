SELECT id, started_at, ended_at, pid, host, exit_code, ended_because FROM runs ORDER BY id DESC LIMIT 1
