import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from bench.comparisons.importing import empty_table, without_null
from bench.ground import copied, states
from bench.huge import keys_of, multiply
from bench.manifests import rows, write_manifest
from bench.process import CannotRunError
from tests.support.program import Program, simulator


def loaded(folder: Path, count: int = 20, files: int = 4) -> Program:
    program = Program(folder)
    write_manifest(folder / "m.csv", rows(count, files))
    done = program.run("load", "m.csv")
    assert done.stdout.startswith(f"loaded {count} new ranges; 0 were known"), done.stderr
    return program


def test_a_second_manifest_has_other_ranges_of_the_same_files(tmp_path: Path) -> None:
    program = loaded(tmp_path)
    write_manifest(tmp_path / "n.csv", rows(20, 4, first_part=5))
    assert program.run("load", "n.csv").stdout.startswith("loaded 20 new ranges; 0 were known")
    assert len({row["file_id"] for row in program.report()}) == 4


def test_a_multiplied_table_is_one_that_batchclip_goes_on_with(tmp_path: Path) -> None:
    program = loaded(tmp_path)
    with simulator() as url:
        program.url = url
        assert program.run("run").returncode == 0
    table = copied(tmp_path / "table.db", tmp_path / "huge.db")
    with closing(sqlite3.connect(table, isolation_level=None)) as database:
        multiply(database, 50)
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert database.execute("PRAGMA foreign_key_check").fetchall() == []
        own = "SELECT count(*) FROM jobs JOIN attempts USING (generation) WHERE job_id = jobs.id"
        assert database.execute(own).fetchone() == (1000,)
    program.settings["BATCHCLIP_DB"] = str(table)
    assert states(table) == {"submitted": 1000}
    assert json.loads(program.run("status", "--json").stdout)["states"]["submitted"] == 1000
    write_manifest(tmp_path / "n.csv", rows(5, 5, first_part=9))
    with simulator() as url:
        program.url = url
        assert program.run("run", "n.csv").returncode == 0
    assert states(table) == {"submitted": 1005}
    with closing(sqlite3.connect(table)) as database:
        # No generation came a second time.
        assert keys_of(database, "attempts") == 1005


def test_a_table_with_gaps_in_its_keys_is_not_multiplied() -> None:
    with closing(sqlite3.connect(":memory:")) as database:
        database.execute("CREATE TABLE jobs (id INTEGER PRIMARY KEY)")
        database.execute("INSERT INTO jobs VALUES (1), (3)")
        with pytest.raises(CannotRunError, match="the keys of jobs have gaps"):
            keys_of(database, "jobs")


def test_a_table_for_import_asks_for_empty_texts_where_the_job_table_asks_for_null() -> None:
    statement = "CREATE TABLE jobs (due_at, CHECK (due_at IS NULL), CHECK (end_ms IS NULL)) STRICT"
    assert without_null(statement, ["due_at"]) == (
        "CREATE TABLE jobs (due_at, CHECK (due_at = ''), CHECK (end_ms IS NULL))"
    )


def test_a_table_for_import_holds_the_files_and_takes_the_rows(tmp_path: Path) -> None:
    loaded(tmp_path)
    empty = empty_table(tmp_path / "table.db", tmp_path / "empty.db")
    with closing(sqlite3.connect(tmp_path / "table.db")) as database:
        found = database.execute("SELECT * FROM jobs").fetchall()
    with closing(sqlite3.connect(empty)) as database:
        assert database.execute("SELECT count(*) FROM sources").fetchone() == (4,)
        marks = ", ".join("?" * len(found[0]))
        blank = [tuple("" if cell is None else cell for cell in row) for row in found]
        database.executemany(f"INSERT INTO jobs VALUES ({marks})", blank)  # noqa: S608 -- marks
        assert database.execute("SELECT count(*), sum(front) FROM jobs").fetchone() == (20, 4)
