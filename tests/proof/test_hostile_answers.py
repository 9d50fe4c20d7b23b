"""Whatever an answer says: nothing is raised, and it is never taken for more than it says."""

import json

import pytest
from hypothesis import given, settings

from batchclip.envelope import MAX_TEXT
from batchclip.holdoff import hold_off_seconds
from batchclip.outcome import Answer, Kind, read_answer
from batchclip.serverclock import ServerClock
from tests.support.asking import PROJECT
from tests.support.fakeclock import FakeClock
from tests.support.hostile import bodies, headers, statuses
from tests.support.proof import size

ERROR = {"error": {"statusCode": 403, "code": 403, "message": "no", "name": "InvalidBodyParams"}}
NOW = 1_700_000_000.0


def names_a_project(body: bytes) -> bool:
    """Whether this is one whole JSON object with the id of a project, read by other means."""
    try:
        found = json.JSONDecoder().decode(body.decode())
    except (ValueError, RecursionError):
        return False
    names = {"".join(filter(str.isalnum, key)).lower(): found[key] for key in dict(found)}
    return isinstance(names.get("projectid"), str) and names["projectid"].strip() != ""


@pytest.mark.parametrize("document", [PROJECT, ERROR], ids=["project", "error"])
def test_no_spoiled_answer_is_taken_for_more_than_it_says(document: object) -> None:
    @settings(max_examples=size(300, 4_000), deadline=None, derandomize=True)
    @given(bodies(document), statuses, headers)
    def property_of(body: bytes, status: int, asked: dict[str, str]) -> None:
        outcome = read_answer(Answer(status, asked, body), NOW)

        if outcome.kind is Kind.CREATED:
            assert 200 <= status < 300
            assert names_a_project(body)
        if outcome.kind is Kind.REFUSED:
            assert 400 <= status < 500
        if 200 <= status < 300:
            assert outcome.kind in {Kind.CREATED, Kind.UNKNOWN}
        for text in (outcome.error_name, outcome.error, outcome.project_id):
            assert text is None or (text.isprintable() and 0 < len(text) <= MAX_TEXT)

    property_of()


@settings(max_examples=size(300, 4_000), deadline=None, derandomize=True)
@given(headers)
def test_no_header_asks_for_a_wait_that_is_none(asked: dict[str, str]) -> None:
    wait = hold_off_seconds(asked, NOW)

    assert wait is None or 0 <= wait < float("inf")


@settings(max_examples=size(300, 4_000), deadline=None, derandomize=True)
@given(headers)
def test_no_date_breaks_the_servers_clock(asked: dict[str, str]) -> None:
    clock = ServerClock(FakeClock())
    clock.notice(asked.get("date", ""))

    assert clock.now() is None or isinstance(clock.now(), int)
