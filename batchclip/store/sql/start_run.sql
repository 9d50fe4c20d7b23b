INSERT INTO runs (started_at, pid, host, uptime, boot) VALUES (:at, :pid, :host, :uptime, :boot)
RETURNING id
