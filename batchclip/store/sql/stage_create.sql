-- The rows of all manifests, in their order.
CREATE TEMP TABLE staged (
    seq INTEGER PRIMARY KEY,
    file INTEGER NOT NULL,
    start_ms INTEGER,
    end_ms INTEGER,
    single INTEGER NOT NULL,
    force INTEGER NOT NULL,
    title TEXT,
    priority INTEGER NOT NULL,
    manifest INTEGER NOT NULL,
    line INTEGER NOT NULL,
    job_id INTEGER
)
