-- Rows as they come, before their files are looked up.
CREATE TEMP TABLE staged_batch (
    line INTEGER NOT NULL,
    file_id BLOB NOT NULL,
    start_ms INTEGER,
    end_ms INTEGER,
    single INTEGER NOT NULL,
    force INTEGER NOT NULL,
    title TEXT,
    priority INTEGER NOT NULL
)
