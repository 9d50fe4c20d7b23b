WITH
fresh AS MATERIALIZED (
    SELECT staged.*, sources.id AS source_id
    FROM temp.staged
    JOIN main.sources ON sources.file_id = staged.file_id
    WHERE staged.job_id IS NULL
),
earlier AS MATERIALIZED (
    SELECT source_id, count(*) AS ranges FROM main.jobs
    WHERE source_id IN (SELECT source_id FROM fresh)
    GROUP BY source_id
)
INSERT INTO main.jobs
    (source_id, start_ms, end_ms, single, force, title, priority, turn, state, manifest_id, line,
     created_at, updated_at)
SELECT
    fresh.source_id, start_ms, end_ms, single, force, title, priority,
    coalesce(earlier.ranges, 0) + row_number() OVER (PARTITION BY fresh.source_id ORDER BY seq) - 1,
    'pending', :manifests + manifest, line, :at, :at
FROM fresh
LEFT JOIN earlier ON earlier.source_id = fresh.source_id
ORDER BY seq
