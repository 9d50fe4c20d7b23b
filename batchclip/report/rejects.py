"""Rows of manifests that were refused: said on the terminal, and kept in a file of their own."""

import csv
from collections.abc import Sequence
from typing import TextIO

from batchclip.manifest import Manifest, RowError
from batchclip.report.cells import safe_cell


class RejectsWriter:
    """Prints every error, and writes every bad row with its reasons where `rejects` is given."""

    def __init__(self, errors: TextIO, rejects: TextIO | None = None) -> None:
        self._errors = errors
        self._rejects = rejects
        self._header: tuple[str, ...] | None = None

    def refuse(self, manifest: Manifest, errors: Sequence[RowError]) -> None:
        """Take the errors of one row."""
        for error in errors:
            self._errors.write(f"{error}\n")
        if self._rejects is not None:
            self._write(self._rejects, manifest, errors)

    def _write(self, rejects: TextIO, manifest: Manifest, errors: Sequence[RowError]) -> None:
        writer = csv.writer(rejects)
        if manifest.header != self._header:
            self._header = manifest.header
            writer.writerow(["manifest", "line", "problem", *map(safe_cell, manifest.header)])
        problem = "; ".join(f"{error.column}: {error.problem}" for error in errors)
        cells = [manifest.name, errors[0].line, problem, *errors[0].cells]
        writer.writerow([safe_cell(cell) for cell in cells])
        # A full disk must show before anything is loaded.
        rejects.flush()
