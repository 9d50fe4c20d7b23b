"""What was compared to reach a verdict, as the job table keeps it and `batchclip why` shows it."""

import json

from batchclip.clips import Clip
from batchclip.evidence import Clocks, Doubt, Project, Verdict, Weight

OTHER_CLIPS_KEPT = 20
"""A project may have thousands of clips; those that are no evidence need not all be kept."""


def finding(doubt: Doubt, project: Project | None, clocks: Clocks, verdict: Verdict) -> str:
    """Return it as JSON: times in milliseconds since 1970, offsets in milliseconds."""
    return json.dumps(
        {
            "project_id": project.project_id if project else None,
            "project_created_at": project.created_at if project else None,
            "generating": project.generating if project else None,
            "clips_in_project": len(project.clips) if project else 0,
            "clips": [clip_fields(clip, weight) for clip, weight in kept(verdict)],
            "sent_at": doubt.sent_at,
            "server_sent_at": doubt.server_sent_at,
            "server_ahead": None if clocks.server_now is None else clocks.ahead,
            "overlapping_ranges": len(doubt.rivals),
        }
    )


def kept(verdict: Verdict) -> list[tuple[Clip, Weight]]:
    """All clips that are evidence, and some of the others."""
    own = [pair for pair in verdict.compared if pair[1] is Weight.ITS_OWN]
    others = [pair for pair in verdict.compared if pair[1] is not Weight.ITS_OWN]
    return own + others[:OTHER_CLIPS_KEPT]


def clip_fields(clip: Clip, weight: Weight) -> dict[str, object]:
    """One clip and what it was taken for."""
    return {
        "clip_id": clip.clip_id,
        "start": clip.start_ms,
        "end": clip.end_ms,
        "created_at": clip.created_at,
        "weight": weight.value,
    }
