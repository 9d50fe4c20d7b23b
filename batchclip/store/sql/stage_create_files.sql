-- The files that the rows name, in the order in which they first come. `earlier` is how many ranges
-- of a file the job table has.
CREATE TEMP TABLE staged_files (
    id INTEGER PRIMARY KEY,
    file_id BLOB NOT NULL UNIQUE,
    source_id INTEGER,
    earlier INTEGER NOT NULL DEFAULT 0
)
