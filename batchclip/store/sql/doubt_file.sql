SELECT EXISTS (
    SELECT 1 FROM jobs AS others
    WHERE others.source_id = :source_id
        AND others.id <> :job_id
        AND others.state IN ('submitted', 'already_done')
)
