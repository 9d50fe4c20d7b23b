CREATE TEMP TRIGGER entries_hold INSTEAD OF INSERT ON entries WHEN NEW.kind = 'hold'
BEGIN
    -- By the clock that the run began with: from its own start it is counted later.
    UPDATE runs SET held_until = max(coalesce(held_until, 0), CASE
        WHEN boot = NEW.boot THEN started_at + (NEW.uptime - uptime)
        ELSE NEW.held_until
    END)
    WHERE id = NEW.run_id;
END
