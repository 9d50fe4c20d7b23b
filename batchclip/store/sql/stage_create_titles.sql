-- Known ranges whose title is another one in a manifest.
CREATE TEMP TABLE staged_titles (job_id INTEGER PRIMARY KEY, title TEXT NOT NULL)
