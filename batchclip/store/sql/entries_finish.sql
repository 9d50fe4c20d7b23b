CREATE TEMP TRIGGER entries_finish INSTEAD OF INSERT ON entries
WHEN NEW.kind = 'finish' AND NEW.place IS NOT NULL
BEGIN
    -- The claim is still there; or the range is in doubt because of it, and this is its late answer.
    UPDATE jobs SET
        state = NEW.state,
        due_at = NEW.due_at,
        attempts = attempts + (state = 'submitting'),
        tries = CASE WHEN tries_run = NEW.run_id THEN tries ELSE 0 END
            + (state = 'submitting' AND NEW.uses_attempt),
        tries_run = NEW.run_id,
        generation = NEW.generation,
        project_id = coalesce(NEW.project_id, project_id),
        updated_at = NEW.at
    WHERE id = NEW.job_id
        AND (
            EXISTS (SELECT 1 FROM claims WHERE generation = NEW.generation)
            OR (state = 'in_doubt' AND generation = NEW.generation AND NEW.state <> 'in_doubt')
        );
    SELECT refused(NEW.place) WHERE changes() = 0;
    INSERT OR REPLACE INTO attempts (
        job_id, run_id, generation, sent_at, server_sent_at, took_ms, outcome, http_status,
        error_name, error, uptime, boot, sent_uptime
    )
    SELECT
        NEW.job_id, NEW.run_id, NEW.generation, NEW.sent_at, NEW.server_sent_at, NEW.took_ms,
        NEW.outcome, NEW.http_status, NEW.error_name, NEW.error, NEW.uptime, NEW.boot,
        NEW.sent_uptime
    WHERE changes() = 1;
    -- What Restream asked to wait for, so that a kill makes nobody forget it.
    UPDATE runs SET held_until = max(coalesce(held_until, 0), NEW.held_until)
    WHERE id = NEW.run_id AND NEW.held_until IS NOT NULL AND changes() = 1;
    DELETE FROM claims WHERE generation = NEW.generation;
END
