-- An intent that is not known here, or whose claim has none: what came after it is lost.
SELECT :generation > coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'claims'), 0)
    OR EXISTS (SELECT 1 FROM claims WHERE generation = :generation AND sent_at IS NULL)
