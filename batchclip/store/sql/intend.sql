UPDATE claims SET sent_at = intents.value ->> 1, server_sent_at = intents.value ->> 2,
    sent_uptime = intents.value ->> 3
FROM json_each(:intents) AS intents
WHERE claims.generation = intents.value ->> 0
    AND NOT EXISTS (SELECT 1 FROM pauses WHERE resumed_at IS NULL)
RETURNING generation
