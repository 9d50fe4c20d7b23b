ATTACH :address AS job_table
