UPDATE jobs SET state = 'submitting', front = 0, updated_at = :at
WHERE id IN (SELECT value FROM json_each(:jobs))
