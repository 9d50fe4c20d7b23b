-- Ranges that were backed off and are due.
CREATE TEMP VIEW woken AS SELECT NULL AS id, NULL AS source_id
