-- A claim that has ended lets its file's next range to the front.
CREATE TEMP TRIGGER claims_end AFTER DELETE ON claims
BEGIN
    INSERT INTO touched VALUES (OLD.source_id);
END
