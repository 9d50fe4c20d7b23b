-- Evidence for ranges in doubt, and a person's pause.

-- When the request left by Restream's clock, where that was known; sent_at is this machine's.
ALTER TABLE claims ADD COLUMN server_sent_at INTEGER;
ALTER TABLE attempts ADD COLUMN server_sent_at INTEGER;

-- Of an attempt that left a doubt: the machine's uptime (ms) when the doubt began, and the id of the
-- start that it counts from.
ALTER TABLE attempts ADD COLUMN uptime INTEGER;
ALTER TABLE attempts ADD COLUMN boot TEXT;
-- And when its request was sent; the start is that of its run.
ALTER TABLE claims ADD COLUMN sent_uptime INTEGER;
ALTER TABLE attempts ADD COLUMN sent_uptime INTEGER;

-- This machine's uptime (ms) and the id of its start at the moment started_at: how long ago that was
-- can be told from them though the wall clock was set. held_until is that clock as if it hadn't been.
ALTER TABLE runs ADD COLUMN uptime INTEGER;
ALTER TABLE runs ADD COLUMN boot TEXT;

-- What was found out about a range in doubt. The same finding again is no new row: it moves
-- last_at. compared is JSON: the project, the clips and the clocks that were looked at.
CREATE TABLE evidence (
    id INTEGER PRIMARY KEY,
    job_id INTEGER NOT NULL REFERENCES jobs (id),
    generation INTEGER NOT NULL,
    first_at INTEGER NOT NULL,
    last_at INTEGER NOT NULL,
    ruling TEXT NOT NULL CHECK (
        ruling IN ('happened', 'never_happened', 'too_early', 'unclear')
    ),
    reason TEXT NOT NULL,
    compared TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX evidence_finding ON evidence (job_id, generation, ruling, reason);

-- When a person halted the table's runs and let them go on. At most one pause is open.
CREATE TABLE pauses (
    id INTEGER PRIMARY KEY,
    paused_at INTEGER NOT NULL,
    paused_by TEXT NOT NULL,
    resumed_at INTEGER,
    resumed_by TEXT
) STRICT;
CREATE UNIQUE INDEX pauses_open ON pauses ((resumed_at IS NULL)) WHERE resumed_at IS NULL;
