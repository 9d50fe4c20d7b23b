"""`python -m bench.accept [RESULTS.json]...`: write results into the README as the accepted ones.

Without a name the newest of each kind is taken. Of several bench results with the same line the
later one's counts, so that a long bench can be made in parts.
"""

import sys
from collections.abc import Iterator
from pathlib import Path

from bench.growth import Growth
from bench.growth import markdown as growth_markdown
from bench.results import FOLDER, Results, markdown, merged

README = Path(__file__).with_name("README.md")


def main() -> None:
    """Accept, and say what was taken."""
    paths = [Path(name) for name in sys.argv[1:]] or list(newest(FOLDER))
    if not paths:
        raise SystemExit("there are no results; `make bench` makes some")
    text = README.read_text(encoding="utf-8")
    for name, table in tables(paths):
        text = between(text, name, table)
    README.write_text(text, encoding="utf-8")
    print("accepted", ", ".join(path.name for path in paths))


def newest(folder: Path) -> Iterator[Path]:
    """The newest results of each kind; their names sort by time."""
    for kind in ("bench", "scale"):
        yield from sorted(folder.glob(f"{kind}-*.json"))[-1:]


def tables(paths: list[Path]) -> Iterator[tuple[str, str]]:
    """The tables of these results with the names of their markers."""
    texts = [(path.name, path.read_text(encoding="utf-8")) for path in paths]
    parts = [Results.model_validate_json(text) for name, text in texts if name.startswith("bench-")]
    if parts:
        yield "bench", markdown(merged(parts))
    for name, text in texts:
        if name.startswith("scale-"):
            yield "scale", growth_markdown(Growth.model_validate_json(text))


def between(text: str, name: str, table: str) -> str:
    """The text with a table between two markers. Raises ValueError when they aren't there once."""
    begin, end = f"<!-- {name}: begin -->", f"<!-- {name}: end -->"
    if text.count(begin) != 1 or text.count(end) != 1 or text.index(begin) > text.index(end):
        raise ValueError(f"expected {begin} and {end}, each once, in this order")
    head, rest = text.split(begin)
    return f"{head}{begin}\n{table.strip()}\n{end}{rest.split(end)[1]}"


if __name__ == "__main__":
    main()
