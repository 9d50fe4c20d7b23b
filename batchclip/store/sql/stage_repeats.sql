-- Of rows that ask for the same, only the first is kept.
DELETE FROM temp.staged WHERE seq IN (
    SELECT seq FROM (
        SELECT seq, row_number() OVER (
            PARTITION BY
                file, coalesce(start_ms, -1), coalesce(end_ms, -1), single,
                (force AND start_ms IS NULL)
            ORDER BY seq
        ) AS place
        FROM temp.staged
    )
    WHERE place > 1
)
