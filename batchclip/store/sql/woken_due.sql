CREATE TEMP TRIGGER woken_due INSTEAD OF INSERT ON woken
BEGIN
    UPDATE jobs SET due_at = NULL WHERE id = NEW.id;
    INSERT INTO touched VALUES (NEW.source_id);
END
