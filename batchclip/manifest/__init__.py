"""CSV manifests: a stream of ranges and row errors, in memory that the file's size does not change.

Nothing here raises for what stands in a file: every fault becomes a :class:`RowError`.
"""

from batchclip.manifest.columns import FIELDS
from batchclip.manifest.reader import Manifest, read_manifest
from batchclip.manifest.rows import ManifestRow, RowError
from batchclip.manifest.source import MAX_LINE_BYTES
from batchclip.manifest.times import MAX_OFFSET_MS, format_seconds, parse_time

__all__ = [
    "FIELDS",
    "MAX_LINE_BYTES",
    "MAX_OFFSET_MS",
    "Manifest",
    "ManifestRow",
    "RowError",
    "format_seconds",
    "parse_time",
    "read_manifest",
]
