UPDATE jobs SET front = 0
WHERE front = 1 AND source_id IN (SELECT value FROM json_each(:sources))
