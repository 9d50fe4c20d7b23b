SELECT
    sources.file_id, count(*),
    count(*) FILTER (
        WHERE jobs.state IN ('submitted', 'already_done') AND jobs.updated_at < :before
    )
FROM sources
JOIN jobs ON jobs.source_id = sources.id
GROUP BY sources.id
ORDER BY sources.id
