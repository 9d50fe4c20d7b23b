CREATE TEMP TRIGGER entries_intend INSTEAD OF INSERT ON entries WHEN NEW.kind = 'intend'
BEGIN
    UPDATE claims SET
        sent_at = NEW.sent_at, server_sent_at = NEW.server_sent_at, sent_uptime = NEW.sent_uptime
    WHERE generation = NEW.generation
        AND NOT EXISTS (SELECT 1 FROM pauses WHERE resumed_at IS NULL);
    SELECT refused(NEW.place) WHERE changes() = 0;
END
