"""What every peer sends."""

from bench.address import TOKEN

HEADERS = {"Authorization": f"Bearer {TOKEN}"}
TIMEOUT_SECONDS = 30


def create_body(file_id: str) -> dict[str, object]:
    """The body that asks for a range of a file."""
    return {
        "sourceType": "VideoStorageFile",
        "videoStorageFileId": file_id,
        "selectedTimeRange": {"startOffsetSeconds": 60, "endOffsetSeconds": 105},
    }
