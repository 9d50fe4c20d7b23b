-- Where all new rows have one priority: sorting them by it, too, would take half as long again.
INSERT INTO temp.staged_places (seq, turn, front)
SELECT seq, turn, turn = 0
FROM (
    SELECT seq, row_number() OVER (PARTITION BY file ORDER BY seq) - 1 AS turn
    FROM temp.staged
    WHERE job_id IS NULL
)
ORDER BY seq
