SELECT max(held_until) FROM (
    SELECT held_until FROM runs WHERE started_at <= :at ORDER BY id DESC LIMIT 20
)
