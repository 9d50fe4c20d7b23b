"""What the job table and Restream may disagree about."""

from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Difference:
    """Something that the table and Restream disagree about, of one file.

    `kind` is one of KINDS; `ranges` are the table's of that file that it is about.
    """

    kind: str
    file_id: UUID
    ranges: int = 0
    project_id: str | None = None
    title: str = ""


KINDS = {
    "unknown_project": "Restream has a project of this file, and the table does not know the file",
    "unsent": "Restream has a project of this file, and the table has sent none of its ranges: it "
    "was clipped by hand, or this table is an older copy",
    "no_project": "ranges of this file are submitted, and Restream has no project of it",
    "deleted_file": "this file is not in Restream's video storage any more",
}
"""What each kind of difference means."""
