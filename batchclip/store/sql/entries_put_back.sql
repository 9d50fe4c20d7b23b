CREATE TEMP TRIGGER entries_put_back INSTEAD OF INSERT ON entries WHEN NEW.kind = 'put_back'
BEGIN
    UPDATE jobs SET state = 'pending', updated_at = NEW.at
    WHERE id = (SELECT job_id FROM claims WHERE generation = NEW.generation)
        AND state = 'submitting';
    DELETE FROM claims WHERE generation = NEW.generation;
END
