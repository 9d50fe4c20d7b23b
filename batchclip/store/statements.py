"""SQL lives in files, one statement a file."""

from functools import cache
from pathlib import Path

SQL_FOLDER = Path(__file__).parent / "sql"


@cache
def sql(name: str) -> str:
    """Return the statement in `sql/<name>.sql`."""
    return (SQL_FOLDER / f"{name}.sql").read_text(encoding="utf-8")
