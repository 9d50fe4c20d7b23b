-- Whether the table is paused, and whether anything that was backed off is due (see wake_due.sql).
SELECT
    EXISTS (SELECT 1 FROM pauses WHERE resumed_at IS NULL),
    EXISTS (SELECT 1 FROM jobs WHERE state = 'pending' AND due_at IS NOT NULL AND due_at <= :at)
    OR EXISTS (SELECT 1 FROM jobs WHERE state = 'pending' AND due_at IS NOT NULL AND due_at > :latest)
