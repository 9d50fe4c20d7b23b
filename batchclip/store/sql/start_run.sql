INSERT INTO runs (started_at, pid, host) VALUES (:at, :pid, :host) RETURNING id
