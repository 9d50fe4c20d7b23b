UPDATE runs SET held_until = max(coalesce(held_until, 0), holds.value ->> 1)
FROM json_each(:holds) AS holds
WHERE runs.id = holds.value ->> 0
