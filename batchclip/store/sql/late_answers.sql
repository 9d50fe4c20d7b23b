SELECT generation FROM jobs
WHERE id IN (SELECT value ->> 1 FROM json_each(:late)) AND state = 'in_doubt'
    AND generation IN (SELECT value ->> 0 FROM json_each(:late))
