-- The job table. Times are milliseconds since 1970 (UTC), offsets are milliseconds from a video's start.

-- One row for each manifest, each time that it was loaded.
CREATE TABLE manifests (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    loaded_at INTEGER NOT NULL
) STRICT;

-- One row for each time `run` was started. ended_at stays NULL when the process was killed.
CREATE TABLE runs (
    id INTEGER PRIMARY KEY,
    started_at INTEGER NOT NULL,
    ended_at INTEGER,
    pid INTEGER NOT NULL,
    host TEXT NOT NULL,
    exit_code INTEGER,
    ended_because TEXT,
    -- Until when Restream has asked this run to hold off; the next run keeps to it, too.
    held_until INTEGER
) STRICT;

-- The video files. file_id holds the 16 bytes of the UUID; the view `ranges` shows it as text.
CREATE TABLE sources (
    id INTEGER PRIMARY KEY,
    file_id BLOB NOT NULL UNIQUE CHECK (length(file_id) = 16)
) STRICT;

-- The ranges. start_ms and end_ms are NULL for a whole video.
CREATE TABLE jobs (
    id INTEGER PRIMARY KEY,
    source_id INTEGER NOT NULL REFERENCES sources (id),
    start_ms INTEGER,
    end_ms INTEGER,
    single INTEGER NOT NULL CHECK (single IN (0, 1)),
    force INTEGER NOT NULL CHECK (force IN (0, 1)),
    title TEXT,
    priority INTEGER NOT NULL,
    -- The range's place among its file's ranges: every file's first comes before any file's second.
    turn INTEGER NOT NULL,
    state TEXT NOT NULL CHECK (
        state = 'pending' OR state = 'submitting' OR state = 'submitted' OR state = 'already_done'
        OR state = 'rejected' OR state = 'failed' OR state = 'in_doubt' OR state = 'cancelled'
    ),
    -- 1 on the one pending range of a file that a claim may take next.
    front INTEGER NOT NULL DEFAULT 0 CHECK (front IN (0, 1)),
    -- Not before this moment; NULL is now.
    due_at INTEGER,
    -- Requests ever sent for it, and those that count against --max-attempts in the run `tries_run`.
    attempts INTEGER NOT NULL DEFAULT 0,
    tries INTEGER NOT NULL DEFAULT 0,
    tries_run INTEGER,
    -- The claim of its last attempt, which is also that attempt's row.
    generation INTEGER,
    project_id TEXT,
    manifest_id INTEGER NOT NULL REFERENCES manifests (id),
    line INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    CHECK ((start_ms IS NULL) = (end_ms IS NULL)),
    CHECK (start_ms IS NULL OR (start_ms >= 0 AND end_ms > start_ms)),
    CHECK (front = 0 OR (state = 'pending' AND due_at IS NULL))
) STRICT;

-- What a range asks for is its identity. NULL is not equal to NULL, so a whole video counts as -1;
-- force with a range asks for nothing, because Restream ignores it.
CREATE UNIQUE INDEX jobs_identity ON jobs (
    source_id, coalesce(start_ms, -1), coalesce(end_ms, -1), single, (force AND start_ms IS NULL)
);

-- What a claim takes from, in the order of work. It holds one row a file, so that neither a file's
-- other ranges nor those that wait are ever read.
CREATE INDEX jobs_ready ON jobs (priority DESC, turn, id) WHERE front = 1;
CREATE UNIQUE INDEX jobs_front ON jobs (source_id) WHERE front = 1;
-- Where a file's next front is found.
CREATE INDEX jobs_next ON jobs (source_id, priority DESC, turn, id)
    WHERE state = 'pending' AND due_at IS NULL;
-- Those backed off, the soonest first.
CREATE INDEX jobs_waiting ON jobs (due_at) WHERE state = 'pending' AND due_at IS NOT NULL;
-- Those that hold back what overlaps them.
CREATE INDEX jobs_in_doubt ON jobs (source_id) WHERE state = 'in_doubt';
-- Those that a new run or a person takes up again.
CREATE INDEX jobs_unsettled ON jobs (state)
    WHERE state = 'rejected' OR state = 'failed' OR state = 'in_doubt' OR state = 'cancelled';
-- Where they are counted. Every state but `submitted` has an index or a table of its own for that:
-- what none of them holds is submitted.
CREATE INDEX jobs_already_done ON jobs (source_id) WHERE state = 'already_done';

-- A claim is the right to have one create for one file on the wire. UNIQUE (source_id) is the rule
-- "at most one a file"; AUTOINCREMENT makes a generation never come twice. sent_at is the intent:
-- empty, the request surely never left; set, and durable before the request leaves, it may have.
CREATE TABLE claims (
    generation INTEGER PRIMARY KEY AUTOINCREMENT,
    source_id INTEGER NOT NULL UNIQUE REFERENCES sources (id),
    job_id INTEGER NOT NULL UNIQUE REFERENCES jobs (id),
    run_id INTEGER NOT NULL REFERENCES runs (id),
    sent_at INTEGER
) STRICT;

-- One row for every request that was ever sent, under the generation of its claim.
CREATE TABLE attempts (
    generation INTEGER PRIMARY KEY,
    job_id INTEGER NOT NULL REFERENCES jobs (id),
    run_id INTEGER NOT NULL REFERENCES runs (id),
    sent_at INTEGER NOT NULL,
    took_ms INTEGER,
    outcome TEXT NOT NULL,
    http_status INTEGER,
    error_name TEXT,
    error TEXT
) STRICT;
CREATE INDEX attempts_job ON attempts (job_id);

-- Changes of state that no attempt explains: recovery, a new run, a person.
CREATE TABLE history (
    id INTEGER PRIMARY KEY,
    job_id INTEGER NOT NULL REFERENCES jobs (id),
    at INTEGER NOT NULL,
    run_id INTEGER REFERENCES runs (id),
    from_state TEXT NOT NULL,
    to_state TEXT NOT NULL,
    reason TEXT NOT NULL
) STRICT;
CREATE INDEX history_job ON history (job_id);

-- The table of legal transitions again, where nothing can get past it. Spelt out with OR: for a
-- longer IN (...) SQLite builds a set anew for each row.
CREATE TRIGGER jobs_legal_transition BEFORE UPDATE OF state ON jobs
WHEN NOT CASE OLD.state
    WHEN 'pending' THEN NEW.state = 'submitting' OR NEW.state = 'cancelled'
    WHEN 'submitting' THEN
        NEW.state = 'submitted' OR NEW.state = 'already_done' OR NEW.state = 'rejected'
        OR NEW.state = 'failed' OR NEW.state = 'in_doubt' OR NEW.state = 'pending'
    WHEN 'in_doubt' THEN
        NEW.state = 'submitted' OR NEW.state = 'already_done' OR NEW.state = 'rejected'
        OR NEW.state = 'failed' OR NEW.state = 'pending'
    WHEN 'failed' THEN NEW.state = 'pending' OR NEW.state = 'cancelled'
    WHEN 'rejected' THEN NEW.state = 'pending' OR NEW.state = 'cancelled'
    WHEN 'cancelled' THEN NEW.state = 'pending'
    ELSE 0
END
BEGIN
    SELECT RAISE(ABORT, 'illegal transition of a range');
END;

-- Nothing is lost, where nothing can get past it. And the newest id is how many there are.
CREATE TRIGGER jobs_stay BEFORE DELETE ON jobs
BEGIN
    SELECT RAISE(ABORT, 'a range is never deleted: cancel it instead');
END;

-- For people with a SQL shell.
CREATE VIEW ranges AS
SELECT
    jobs.id,
    lower(
        substr(hex(sources.file_id), 1, 8) || '-' || substr(hex(sources.file_id), 9, 4) || '-'
        || substr(hex(sources.file_id), 13, 4) || '-' || substr(hex(sources.file_id), 17, 4) || '-'
        || substr(hex(sources.file_id), 21)
    ) AS file_id,
    jobs.start_ms / 1000.0 AS start,
    jobs.end_ms / 1000.0 AS "end",
    CASE WHEN jobs.single THEN 'single' ELSE 'clips' END AS mode,
    jobs.force,
    jobs.title,
    jobs.priority,
    jobs.state,
    jobs.project_id,
    jobs.attempts,
    attempts.http_status,
    attempts.error_name,
    attempts.error,
    manifests.name AS manifest,
    jobs.line,
    jobs.created_at,
    jobs.updated_at
FROM jobs
JOIN sources ON sources.id = jobs.source_id
JOIN manifests ON manifests.id = jobs.manifest_id
LEFT JOIN attempts ON attempts.generation = jobs.generation;
