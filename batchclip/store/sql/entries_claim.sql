CREATE TEMP TRIGGER entries_claim INSTEAD OF INSERT ON entries WHEN NEW.kind = 'claim'
BEGIN
    INSERT OR IGNORE INTO woken
    SELECT source_id FROM jobs
    WHERE state = 'pending' AND due_at IS NOT NULL AND due_at <= NEW.at
    UNION ALL
    -- No back-off is longer: what is due after this was noted before the clock was set back.
    SELECT source_id FROM jobs
    WHERE state = 'pending' AND due_at IS NOT NULL AND due_at > NEW.latest_due;
    UPDATE jobs SET due_at = NULL
    WHERE state = 'pending' AND due_at IS NOT NULL AND due_at <= NEW.at;
    UPDATE jobs SET due_at = NULL
    WHERE state = 'pending' AND due_at IS NOT NULL AND due_at > NEW.latest_due;
    INSERT INTO touched SELECT source_id FROM woken;
    DELETE FROM woken;
    INSERT INTO claims (source_id, job_id, run_id, sent_at, server_sent_at, sent_uptime)
    SELECT source_id, id, NEW.run_id, NEW.sent_at, NEW.server_sent_at, NEW.sent_uptime
    FROM jobs
    WHERE front = 1 AND NOT EXISTS (SELECT 1 FROM pauses WHERE resumed_at IS NULL)
    ORDER BY priority DESC, turn, id
    LIMIT NEW.wanted;
    -- Generations ascend, so the newest are those that were made just now.
    UPDATE jobs SET state = 'submitting', front = 0, updated_at = NEW.at
    WHERE id IN (SELECT job_id FROM claims ORDER BY generation DESC LIMIT changes());
    SELECT claimed(
        NEW.place,
        EXISTS (SELECT 1 FROM pauses WHERE resumed_at IS NULL)
            AND EXISTS (SELECT 1 FROM jobs WHERE front = 1),
        (SELECT min(due_at) FROM jobs WHERE state = 'pending' AND due_at IS NOT NULL),
        (
            SELECT group_concat(one, ',')
            FROM (SELECT one FROM claims_read ORDER BY generation DESC LIMIT changes())
        )
    );
END
