"""Reading the ranges in doubt, each with what the table knows of its file."""

import json
import sqlite3
from collections.abc import Iterable

from batchclip.evidence import Doubt, Weight
from batchclip.store.rows import Row, range_of
from batchclip.store.statements import fetch


def doubts_of(database: sqlite3.Connection) -> list[Doubt]:
    """Return all of them, those of one file together."""
    return [doubt_of(database, row) for row in fetch(database, "doubts")]


def doubt_of(database: sqlite3.Connection, row: Row) -> Doubt:
    """Read a row of `doubts.sql` and look at the other ranges of its file."""
    job_id, generation, source_id = row[:3]
    asked = range_of(row[3:10])
    place = {"source_id": source_id, "job_id": job_id}
    span = {"start_ms": asked.start_ms, "end_ms": asked.end_ms}
    rivals = fetch(database, "doubt_rivals", **place, **span)
    [(clipped,)] = fetch(database, "doubt_file", **place)
    theirs = fetch(database, "doubt_theirs", **place)
    sent_at, server_sent_at, newest_server_sent_at, lasted_ms, doubted_at, project_id = row[10:16]
    return Doubt(
        job_id,
        generation,
        source_id,
        asked,
        sent_at,
        server_sent_at,
        newest_server_sent_at,
        lasted_ms,
        doubted_at,
        project_id,
        rivals=tuple(range_of(rival) for rival in rivals),
        theirs=frozenset(own_clips(found[0] for found in theirs)),
        file_was_clipped=bool(clipped),
        later_ahead=row[16],
        doubted_uptime=row[17],
        boot=row[18],
        sent_uptime=row[19],
        sent_boot=row[20],
        several_projects=bool(row[21]),
    )


def own_clips(findings: Iterable[str]) -> Iterable[str]:
    """The clips that stood as evidence in these findings, which are JSON."""
    for finding in findings:
        for clip in json.loads(finding)["clips"]:
            if clip["weight"] == Weight.ITS_OWN:
                yield clip["clip_id"]
