"""A manifest from its name to its rows and errors, one at a time."""

from collections.abc import Generator, Iterator
from typing import BinaryIO

from batchclip.manifest.columns import column_name, header_problems
from batchclip.manifest.records import Record, Records
from batchclip.manifest.rows import ManifestRow, RowError, RowReader
from batchclip.manifest.source import Unreadable, opened, text_lines
from batchclip.manifest.wording import quoted


class Manifest(Iterator[ManifestRow | RowError]):
    """The rows and errors of one manifest, in the order of its lines, read as they are asked for.

    `header` is the header's cells as they stand in the file, for a file of rejected rows with the
    same columns: empty until the first item was asked for, and when there is no sound header.
    """

    def __init__(self, name: str, stdin: BinaryIO | None = None) -> None:
        self.name = name
        self.header: tuple[str, ...] = ()
        self._items = self._read(stdin)

    def __iter__(self) -> Iterator[ManifestRow | RowError]:
        # The generator itself: a loop over it needs no call of __next__ for every row.
        return self._items

    def __next__(self) -> ManifestRow | RowError:
        return next(self._items)

    def close(self) -> None:
        """Closes the file of a reading that stops before its end."""
        self._items.close()

    def _read(self, stdin: BinaryIO | None) -> Generator[ManifestRow | RowError]:
        line = 0
        try:
            with opened(self.name, stdin) as stream:
                records = Records(text_lines(stream))
                try:
                    yield from self._below_header(records)
                finally:
                    line = records.line + 1
        except Unreadable as error:
            where = line if error.line is None else error.line
            yield self._error(where, "", error.problem)

    def _below_header(self, records: Records) -> Iterator[ManifestRow | RowError]:
        found = records.header()
        if found is None:
            raise Unreadable("is empty: expected a header line with at least file_id", line=0)
        line, header, wrong = found
        if wrong is not None:
            yield self._error(line, column_name(header, wrong), _wrong_quotes(header[wrong]))
            return
        problems = [self._error(line, *problem) for problem in header_problems(header)]
        if problems:
            yield from problems
            return
        self.header = tuple(header)
        yield from self._rows(records, RowReader(header))

    def _rows(self, records: Records, reader: RowReader) -> Iterator[ManifestRow | RowError]:
        for record in records:
            line, cells, wrong = record
            found = reader.row(line, cells) if wrong is None else None
            if found is not None:
                yield found
            else:
                yield from self._row_errors(record, reader)

    def _row_errors(self, record: Record, reader: RowReader) -> Iterator[RowError]:
        line, cells, wrong = record
        row = tuple(cells)
        if wrong is not None:
            # Where this row's cells begin and end is a guess, so nothing else is said of them.
            column = column_name(self.header, wrong)
            yield RowError(self.name, line, column, _wrong_quotes(cells[wrong]), row)
            return
        for column, problem in reader.problems(cells):
            yield RowError(self.name, line, column, problem, row)

    def _error(self, line: int, column: str, problem: str) -> RowError:
        return RowError(self.name, line, column, problem, fatal=True)


def read_manifest(name: str, stdin: BinaryIO | None = None) -> Manifest:
    """The rows and errors of a manifest: a path, a path that ends in `.gz`, or `-`.

    `stdin` is what `-` reads, the process's own standard input when it is None. Iterating raises
    nothing for what is wrong with the file; after a fatal error come at most those of the same
    header, and then the end.
    """
    return Manifest(name, stdin)


def _wrong_quotes(cell: str) -> str:
    return (
        f"{quoted(cell)} goes on after its closing quote: expected a delimiter there, "
        'and "" for a quote inside a quoted cell'
    )
