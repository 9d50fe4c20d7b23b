UPDATE jobs SET state = 'pending', updated_at = :at
WHERE id IN (SELECT value FROM json_each(:jobs)) AND state = 'submitting'
