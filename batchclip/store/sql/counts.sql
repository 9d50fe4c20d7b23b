-- No row of `jobs` is read: what is not submitted stands in indexes or has a claim, and ids have no
-- gaps, because nothing is ever deleted.
WITH others (state, ranges) AS MATERIALIZED (
    SELECT 'pending', count(*) FROM jobs WHERE state = 'pending' AND due_at IS NULL
    UNION ALL
    SELECT 'pending', count(*) FROM jobs WHERE state = 'pending' AND due_at IS NOT NULL
    UNION ALL
    SELECT 'submitting', count(*) FROM claims
    UNION ALL
    SELECT 'already_done', count(*) FROM jobs WHERE state = 'already_done'
    UNION ALL
    SELECT state, count(*) FROM jobs
    WHERE state = 'rejected' OR state = 'failed' OR state = 'in_doubt' OR state = 'cancelled'
    GROUP BY state
)
SELECT state, sum(ranges) FROM others GROUP BY state
UNION ALL
SELECT 'submitted', (SELECT coalesce(max(id), 0) FROM jobs) - (SELECT sum(ranges) FROM others)
