-- A doubt that has ended lets go what overlaps it.
CREATE TEMP TRIGGER doubts_end AFTER UPDATE OF state ON jobs
WHEN OLD.state = 'in_doubt' AND NEW.state <> 'in_doubt'
BEGIN
    INSERT INTO touched VALUES (NEW.source_id);
END
