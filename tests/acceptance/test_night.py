"""The main job: a manifest goes in, each range is sent once, and the same command again rests."""

import json
from pathlib import Path

import pytest

from tests.support.program import Program, books, effects, file_id, identity, ranges, simulator


@pytest.fixture
def program(tmp_path: Path) -> Program:
    return Program(tmp_path)


def test_each_range_is_sent_once_and_the_same_command_again_sends_nothing(
    program: Program,
) -> None:
    wholes: list[tuple[object, ...]] = [(file_id(1000 + n), "", "") for n in range(20)]
    singles: list[tuple[object, ...]] = [(file_id(n), 500, 600, "single") for n in range(20)]
    manifest = program.manifest([*ranges(200, 5), *wholes, *singles])
    with simulator("--latency", "0.002") as program.url:
        first = program.run("run", manifest, "--max-concurrency", "64")
        second = program.run("run", manifest)
        happened, summary = effects(program.url), books(program.url)["summary"]
    assert (first.returncode, second.returncode) == (0, 0), first.stderr + second.stderr
    assert set(happened.values()) == {1}
    assert happened.keys() == {identity(row) for row in program.report()}
    assert summary["requests"] == 1040
    assert summary["highest_on_wire_for_one_file"] == 1
    assert summary["highest_on_wire"] > 16


def test_every_outcome_of_the_tour(program: Program) -> None:
    jobs = Path(__file__).parents[2] / "jobs"
    with simulator("--script", str(jobs / "tour.faults.toml")) as program.url:
        ended = program.run("run", str(jobs / "tour.csv"), "--max-attempts", "2")
    assert ended.returncode == 1, ended.stderr
    for row in program.report():
        expected = row["title"].split(",")[0].replace(" ", "_").replace("held_back", "pending")
        assert row["state"] == expected, row


def test_a_409_is_already_done_and_its_name_is_kept(program: Program) -> None:
    with simulator("--fault", "already=1") as program.url:
        assert program.run("run", program.manifest(ranges(3))).returncode == 0
    row = program.report()[0]
    assert (row["state"], row["http_status"]) == ("already_done", 409)
    assert row["error_name"] == "ClipsInputAlreadyProcessed"


def test_status_report_and_load_work_while_a_run_goes_on(program: Program) -> None:
    first, second = program.manifest(ranges(40)), program.manifest(ranges(60), "more.csv")
    with simulator("--latency", "0.2") as program.url:
        running = program.start("run", first, "--max-concurrency", "2")
        while not books(program.url)["requests"]:
            assert running.poll() is None, running.communicate()
        status = json.loads(program.run("status", "--json").stdout)
        assert status["run"]["pid"] == running.pid
        assert program.run("report").returncode == 0
        loaded = program.run("load", second)
        assert loaded.stdout.startswith("loaded 20 new ranges; 40 were known")
        assert running.wait() == 0, running.communicate()
        running.communicate()
        assert set(effects(program.url).values()) == {1}
    assert program.states() == {"submitted": 60}
    assert json.loads(program.run("status", "--json").stdout)["run"] is None


def test_rejected_ranges_are_retried_on_request(program: Program) -> None:
    with simulator("--fault", "unknown_file=1") as program.url:
        assert program.run("run", program.manifest(ranges(3))).returncode == 1
    assert program.run("retry", "--state", "rejected").stdout == "3 ranges are pending again\n"
    with simulator() as program.url:
        assert program.run("run").returncode == 0
    assert [row["attempts"] for row in program.report()] == [2, 2, 2]


def test_a_job_file_names_manifests_and_settings(program: Program) -> None:
    program.manifest(ranges(4))
    job_file = 'manifests = ["m.csv"]\nmax_submissions = 1\nmax_concurrency = 1\n'
    (program.folder / "night.toml").write_text(job_file)
    with simulator() as program.url:
        assert program.run("run", "night.toml").returncode == 3
        assert program.states() == {"submitted": 1, "pending": 3}
        assert program.run("run", "night.toml", "--max-submissions", "9").returncode == 0


def test_rotating_tokens_are_refreshed_by_the_way(program: Program) -> None:
    program.settings = {
        "BATCHCLIP_ACCESS_TOKEN": "",
        "BATCHCLIP_CLIENT_ID": "client",
        "BATCHCLIP_CLIENT_SECRET": "client-secret-0815",
        "BATCHCLIP_REFRESH_TOKEN": "seed-refresh-token-0815",
        "BATCHCLIP_TOKEN_FILE": str(program.folder / "conf" / "tokens.json"),
    }
    script = program.folder / "expire.toml"
    script.write_text(
        "".join(f'[[fault]]\nkind = "expired_token"\nafter = {n}\n' for n in (20, 80))
    )
    options = ("--oauth", "--script", str(script), "--latency", "0.01")
    with simulator(*options, environment=program.environment) as program.url:
        ended = program.run("run", program.manifest(ranges(150)))
        refreshes = books(program.url)["summary"]["token_refreshes"]
        assert set(effects(program.url).values()) == {1}
    assert ended.returncode == 0, ended.stderr
    assert refreshes == 3


def test_rehearse_sends_nothing_to_restream_and_leaves_the_table_alone(program: Program) -> None:
    manifest = program.manifest(ranges(40, 2))
    faults = ("--fault", "reset_after=0.1", "--fault", "slow_down=0.02", "--seed", "7")
    first = program.run("rehearse", manifest, *faults)
    again = program.run("rehearse", manifest, *faults, "--max-concurrency", "1")
    assert first.returncode == 0, first.stderr
    assert again.returncode == 0, again.stderr
    assert "sent twice: 0, lost: 0" in first.stdout
    assert "in doubt" in first.stdout
    assert not (program.folder / "table.db").exists()
