"""Answers to questions as on Restream's pages, and a way to spoil one field of them."""

from typing import Any

FILE = "a1b2c3d4-e5f6-4890-abcd-ef1234567890"
AT, AT_MS = "2026-01-28T15:50:30.420Z", 1_769_615_430_420

ENTRY: dict[str, Any] = {
    "projectId": "0b9c9a51-7f0e-4a63-8c0f-8d0a43f7cc0e",
    "sourceTypeName": "VideoStorageFile",
    "sourceIdentifier": FILE,
    "title": "A webinar",
    "clipsCount": 3,
    "clipThumbnails": ["https://thumbnails.invalid/1.jpg"],
    "generatingClipsNow": False,
    "createdAt": AT,
}
EVENT = ENTRY | {"projectId": "event-1", "sourceTypeName": "Event", "sourceIdentifier": "4711"}
PAGE = {"projects": [ENTRY, EVENT], "pagination": {"nextCursor": "abc=", "hasMore": True}}
LAST = {"projects": [ENTRY], "pagination": {"nextCursor": None, "hasMore": False}}
CLIP = {
    "clipId": "clip-1",
    "name": "Best of",
    "viralityScore": 87,
    "viralityScoreExplanation": "Everybody laughs.",
    "transcriptText": "Ha ha.",
    "sourceStartSeconds": 61.5,
    "sourceEndSeconds": 90,
    "thumbnailUrl": "https://thumbnails.invalid/1.jpg",
    "favouritedAt": None,
    "createdAt": AT,
}
DETAILS = {"generatingClipsNow": False, "clips": [CLIP], "postedClips": []}
FILES = {
    "files": [
        {
            "id": FILE,
            "title": "A webinar",
            "sizeBytes": None,
            "durationSeconds": None,
            "status": "Processing",
            "createdAt": AT,
        }
    ]
}
DROPPED = object()


def with_field(document: dict[str, Any], name: str, value: object) -> dict[str, Any]:
    changed = {key: kept for key, kept in document.items() if key != name}
    return changed if value is DROPPED else changed | {name: value}
