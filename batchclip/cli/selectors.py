"""How a person names ranges on the command line."""

from uuid import UUID

from batchclip.errors import UsageError
from batchclip.store.selection import Wanted

EXPECTED = "expected MANIFEST:LINE, or a file id and perhaps its START"


def read_file_id(text: str) -> UUID:
    """Read a file id. Raises UsageError."""
    try:
        return UUID(text)
    except ValueError:
        raise UsageError(f"{text}: is no file id; expected a UUID") from None


def read_start(text: str) -> int:
    """Read a start as the manifest writes it, in milliseconds. Raises UsageError."""
    from batchclip.manifest.times import parse_time

    try:
        return parse_time(text)
    except ValueError as error:
        raise UsageError(f"START {text}: {error}") from None


def read_range(text: str, start: str | None) -> Wanted:
    """Read MANIFEST:LINE, or FILE_ID and perhaps its START. Raises UsageError."""
    manifest, colon, line = text.rpartition(":")
    if colon and manifest and line.isascii() and line.isdigit():
        if start is not None:
            raise UsageError(f"{text} {start}: a manifest's line needs no START")
        return Wanted(manifest=manifest, line=int(line[:18]))
    try:
        file_id = UUID(text)
    except ValueError:
        raise UsageError(f"{text}: {EXPECTED}") from None
    return Wanted(file_id=file_id, start_ms=None if start is None else read_start(start))


def read_job(text: str) -> Wanted:
    """Read what `resolve` settles: a job's number as `why` and `report` show it, or as `why` does.

    Raises UsageError.
    """
    if text.isascii() and text.isdigit():
        return Wanted(job_id=int(text[:18]))
    return read_range(text, None)
