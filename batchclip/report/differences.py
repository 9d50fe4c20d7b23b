"""`batchclip audit`: a difference between the table and Restream, for people and as JSON."""

from typing import Any

from batchclip.difference import KINDS, Difference


def difference_fields(difference: Difference) -> dict[str, Any]:
    """It under names that scripts rely on."""
    return {
        "kind": difference.kind,
        "file_id": str(difference.file_id),
        "ranges": difference.ranges,
        "project_id": difference.project_id,
        "title": difference.title or None,
    }


def difference_text(difference: Difference) -> str:
    """It for people."""
    details = [f"{difference.ranges:,} ranges"] if difference.ranges else []
    details += [f"project {difference.project_id}"] if difference.project_id else []
    details += [repr(difference.title)] if difference.title else []
    told = f" ({', '.join(details)})" if details else ""
    return f"{difference.file_id}: {KINDS[difference.kind]}{told}"
