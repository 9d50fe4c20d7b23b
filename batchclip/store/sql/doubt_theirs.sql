SELECT evidence.compared FROM jobs AS others
JOIN evidence ON evidence.job_id = others.id
WHERE others.source_id = :source_id
    AND others.id <> :job_id
    AND others.state = 'submitted'
    AND evidence.ruling = 'happened'
