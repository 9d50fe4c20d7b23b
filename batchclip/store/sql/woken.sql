-- Files of ranges that were backed off and have become due: many of one file wake together.
CREATE TEMP TABLE woken (source_id INTEGER PRIMARY KEY)
