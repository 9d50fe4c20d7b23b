DELETE FROM claims WHERE generation IN (SELECT value FROM json_each(:generations))
