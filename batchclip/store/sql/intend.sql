UPDATE claims SET sent_at = intents.value ->> 1
FROM json_each(:intents) AS intents
WHERE claims.generation = intents.value ->> 0
RETURNING generation
