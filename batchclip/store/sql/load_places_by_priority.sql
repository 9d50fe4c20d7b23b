INSERT INTO temp.staged_places (seq, turn, front)
SELECT
    seq,
    row_number() OVER (PARTITION BY file ORDER BY seq) - 1,
    row_number() OVER (PARTITION BY file ORDER BY priority DESC, seq) = 1
FROM temp.staged
WHERE job_id IS NULL
ORDER BY seq
