-- What is written for each request, a row for each write; the triggers on it say what each kind does.
-- `place` is the write's among those of its group, for its answer.
-- In a trigger, changes() is of the INSERT, UPDATE or DELETE that stands before it in the same trigger,
-- without what other triggers did because of it: a statement put between them changes the meaning.
CREATE TEMP VIEW entries AS
SELECT
    NULL AS kind, NULL AS place, NULL AS generation, NULL AS run_id, NULL AS at, NULL AS job_id,
    NULL AS state, NULL AS uses_attempt, NULL AS project_id, NULL AS sent_at,
    NULL AS server_sent_at, NULL AS took_ms, NULL AS outcome, NULL AS http_status,
    NULL AS sent_uptime, NULL AS due_at, NULL AS error_name, NULL AS error, NULL AS uptime,
    NULL AS boot, NULL AS held_until, NULL AS latest_due, NULL AS wanted
