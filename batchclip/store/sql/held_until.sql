SELECT max(held_until) FROM (SELECT held_until FROM runs ORDER BY id DESC LIMIT 20)
