-- Of rows that ask for the same, the first counts, with the first title that one of them has.
UPDATE temp.staged SET title = titled.title
FROM (
    SELECT min(seq) AS first, min(seq) FILTER (WHERE title IS NOT NULL) AS named
    FROM temp.staged
    GROUP BY file, coalesce(start_ms, -1), coalesce(end_ms, -1), single, (force AND start_ms IS NULL)
    HAVING count(*) > 1
) AS repeated
JOIN temp.staged AS titled ON titled.seq = repeated.named
WHERE staged.seq = repeated.first AND staged.title IS NULL
