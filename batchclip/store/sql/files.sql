SELECT
    sources.file_id, count(*),
    count(*) FILTER (
        WHERE jobs.state IN ('submitted', 'already_done') AND jobs.updated_at < :before
    ),
    count(*) FILTER (WHERE jobs.attempts > 0 OR jobs.state = 'submitting')
FROM sources
JOIN jobs ON jobs.source_id = sources.id
GROUP BY sources.id
ORDER BY sources.id
