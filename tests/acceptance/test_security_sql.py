"""No text of a manifest, a server or a person ever becomes a part of a statement."""

import ast
from collections.abc import Iterator
from pathlib import Path

import batchclip
from tests.support.program import Program, file_id

PACKAGE = Path(batchclip.__file__).parent
EXECUTING = {"execute", "executemany", "executescript", "execute_fetchall", "execute_insert"}
OF_OUR_OWN = {
    # A pragma takes no parameters; the number is a constant of this module.
    ("migrate.py", "f'PRAGMA application_id = {APPLICATION_ID}'"),
    # Statements out of migration files, whose checksums are kept.
    ("migrate.py", "statement"),
    # "BEGIN IMMEDIATE", or another word of the same kind that a caller writes out.
    ("transaction.py", "begin"),
    # Rows of question marks and NULLs, each with a kind that is a constant; no value is in it.
    ("entries.py", "statement_for(rows)"),
}
"""The few statements that are neither a constant nor a file of `store/sql`."""

NASTY = [
    "'; DROP TABLE jobs; --",
    '" OR 1=1',
    "\\'); --",
    "%_?:at{0}$1",
    "'||(SELECT 1)||'",
    "\u02bc",
]


def executions() -> Iterator[tuple[Path, ast.Call]]:
    """Every call in the package by which a database is given a statement."""
    for path in sorted(PACKAGE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Attribute)
                and node.func.attr in EXECUTING
            ):
                yield path, node


def from_a_file(statement: ast.expr) -> bool:
    """Whether this is `sql(...)`, the text of a file under `store/sql`."""
    return (
        isinstance(statement, ast.Call)
        and isinstance(statement.func, ast.Name)
        and statement.func.id == "sql"
    )


def test_every_statement_is_a_constant_or_a_file() -> None:
    found = list(executions())
    odd = {
        (path.name, ast.unparse(call.args[0]))
        for path, call in found
        if not isinstance(call.args[0], ast.Constant) and not from_a_file(call.args[0])
    }

    assert len(found) > 20
    assert odd == OF_OUR_OWN
    assert {path.parent.name for path, _ in found} == {"store"}


def test_nothing_is_ever_executed_as_a_script() -> None:
    assert [path for path, call in executions() if ast.unparse(call.func).endswith("script")] == []


def test_a_title_with_sql_in_it_is_a_title(tmp_path: Path) -> None:
    program = Program(tmp_path)
    manifest = program.manifest([(file_id(n), 0, 20, "", "", text) for n, text in enumerate(NASTY)])
    assert program.run("load", manifest).returncode == 0

    assert [row["title"] for row in program.report()] == NASTY
