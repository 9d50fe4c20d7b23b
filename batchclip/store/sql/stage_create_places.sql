-- Where a new row stands among its file's new rows, and whether it is the first to be claimed.
CREATE TEMP TABLE staged_places (
    seq INTEGER PRIMARY KEY,
    turn INTEGER NOT NULL,
    front INTEGER NOT NULL
)
