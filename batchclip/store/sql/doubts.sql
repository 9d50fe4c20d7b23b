SELECT
    jobs.id, jobs.generation, jobs.source_id,
    sources.file_id, jobs.start_ms, jobs.end_ms, jobs.single, jobs.force, jobs.title, jobs.priority,
    earliest.sent_at, earliest.server_sent_at, newest.server_sent_at, newest.took_ms,
    jobs.updated_at,
    (
        SELECT known.project_id FROM jobs AS known
        WHERE known.source_id = jobs.source_id AND known.project_id IS NOT NULL
        ORDER BY known.updated_at DESC LIMIT 1
    ),
    (
        SELECT later.server_sent_at - later.sent_at
        FROM (
            -- No more than these: where no answer ever tells the time there may be millions.
            SELECT * FROM attempts
            WHERE attempts.generation > jobs.generation
            ORDER BY attempts.generation LIMIT 1000
        ) AS later
        WHERE later.server_sent_at IS NOT NULL
        ORDER BY later.generation LIMIT 1
    ),
    newest.uptime, newest.boot,
    earliest.sent_uptime, (SELECT runs.boot FROM runs WHERE runs.id = earliest.run_id),
    (
        SELECT count(DISTINCT told.project_id) > 1 FROM jobs AS told
        WHERE told.source_id = jobs.source_id
    )
FROM jobs
JOIN sources ON sources.id = jobs.source_id
JOIN attempts AS newest ON newest.generation = jobs.generation
-- What an earlier request of the same range has made is this range's, too.
JOIN attempts AS earliest ON earliest.generation = coalesce(
    (
        SELECT min(generation) FROM attempts
        WHERE attempts.job_id = jobs.id AND attempts.outcome = 'unknown'
    ),
    jobs.generation
)
WHERE jobs.state = 'in_doubt'
ORDER BY jobs.source_id, jobs.id
