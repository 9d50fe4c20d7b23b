-- Files of which it is chosen anew which range may be claimed next.
CREATE TEMP VIEW touched AS SELECT NULL AS source_id
