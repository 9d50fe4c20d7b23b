CREATE TEMP TRIGGER entries_hold INSTEAD OF INSERT ON entries WHEN NEW.kind = 'hold'
BEGIN
    UPDATE runs SET held_until = max(coalesce(held_until, 0), NEW.held_until)
    WHERE id = NEW.run_id;
END
