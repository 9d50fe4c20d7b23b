SELECT coalesce(max(
    CASE
        WHEN boot = :boot THEN (held_until - started_at) - (:uptime - uptime)
        -- A clock that was set can make a hold-off seem to end in a year.
        ELSE min(held_until - :at, held_until - started_at)
    END
), 0)
FROM (SELECT * FROM runs ORDER BY id DESC LIMIT 20)
WHERE held_until IS NOT NULL
