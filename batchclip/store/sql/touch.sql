INSERT INTO touched SELECT value FROM json_each(:sources)
