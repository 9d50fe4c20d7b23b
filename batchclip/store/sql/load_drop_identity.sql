DROP INDEX job_table.jobs_identity
