-- Among rows of several priorities a file's first to be claimed is not always its first one.
UPDATE temp.staged_places SET front = ranked.front
FROM (
    SELECT seq, row_number() OVER (PARTITION BY file ORDER BY priority DESC, seq) = 1 AS front
    FROM temp.staged
    WHERE job_id IS NULL
) AS ranked
WHERE ranked.seq = staged_places.seq AND ranked.front <> staged_places.front
