"""When a request was sent by Restream's clock, and when that can be relied on."""

from dataclasses import replace

import pytest

from batchclip.evidence import (
    AGREE_MS,
    CREATED_WITHIN_MS,
    Clocks,
    Doubt,
    Ruling,
    Sending,
    sending_of,
)
from tests.support.facts import CLOCKS, LATER, SENT, clip, doubt, judged, project

HOUR = 3_600_000
DAY = 24 * HOUR
NOT_KNOWN_THEN = doubt(server_sent_at=None)
BLIND = Clocks(LATER, None)


@pytest.mark.parametrize(
    ("about", "clocks", "sending"),
    [
        pytest.param(doubt(), CLOCKS, Sending(SENT, True), id="both clocks right"),
        pytest.param(
            doubt(sent_at=SENT + HOUR), Clocks(LATER + HOUR, LATER), Sending(SENT, True), id="ahead"
        ),
        pytest.param(
            doubt(sent_at=SENT + AGREE_MS), CLOCKS, Sending(SENT, True), id="they just agree"
        ),
        pytest.param(
            doubt(sent_at=SENT - AGREE_MS), CLOCKS, Sending(SENT, True), id="the other way"
        ),
        pytest.param(
            doubt(sent_at=SENT + AGREE_MS + 1), CLOCKS, Sending(SENT, False), id="they disagree"
        ),
        pytest.param(
            doubt(), Clocks(LATER, LATER + AGREE_MS + 1), Sending(SENT, False), id="set back since"
        ),
        pytest.param(doubt(), BLIND, Sending(SENT, False), id="not known now"),
        pytest.param(
            doubt(server_sent_at=None),
            Clocks(LATER, LATER + HOUR),
            Sending(SENT + HOUR, False),
            id="not known then",
        ),
    ],
)
def test_the_sending_is_as_certain_as_two_measurements_agree(
    about: Doubt, clocks: Clocks, sending: Sending
) -> None:
    assert sending_of(about, project(), clocks) == sending


@pytest.mark.parametrize(
    ("about", "clocks", "created", "sending"),
    [
        (NOT_KNOWN_THEN, CLOCKS, 5_000, Sending(SENT, True)),
        (NOT_KNOWN_THEN, CLOCKS, -5_000, Sending(SENT - 5_000, True)),
        (NOT_KNOWN_THEN, BLIND, 5_000, Sending(SENT, True)),
        (NOT_KNOWN_THEN, CLOCKS, CREATED_WITHIN_MS, Sending(SENT, True)),
        (NOT_KNOWN_THEN, CLOCKS, CREATED_WITHIN_MS + 1, Sending(SENT, False)),
        (NOT_KNOWN_THEN, CLOCKS, -CREATED_WITHIN_MS - 1, Sending(SENT, False)),
        (NOT_KNOWN_THEN, CLOCKS, None, Sending(SENT, False)),
        (doubt(sent_at=SENT + HOUR), CLOCKS, HOUR, Sending(SENT, False)),
    ],
)
def test_a_project_that_was_made_at_about_that_time_tells_when_it_was_sent(
    about: Doubt, clocks: Clocks, created: int | None, sending: Sending
) -> None:
    assert sending_of(about, project(created=created), clocks) == sending


def test_its_first_clips_are_evidence_though_no_answer_ever_told_the_time() -> None:
    about = doubt(server_sent_at=None, file_was_clipped=False)
    made = project(clip(70, 80), created=1_000)
    assert judged(about, made).ruling is Ruling.HAPPENED
    assert judged(about, project(created=1_000)).ruling is Ruling.UNCLEAR


@pytest.mark.parametrize("clocks", [BLIND, Clocks(LATER - HOUR, LATER)])
@pytest.mark.parametrize("after", [60_000, -HOUR, -100 * HOUR])
def test_clocks_that_disagree_make_no_clip_evidence_of_anything(clocks: Clocks, after: int) -> None:
    assert judged(doubt(), project(clip(70, 80, after)), clocks).ruling is Ruling.UNCLEAR


UPTIME, BOOT = 9_000_000, "this start"
SENT_WITH_UPTIME = doubt(server_sent_at=None, sent_uptime=UPTIME, sent_boot=BOOT)
"""No answer had told the time, and the machine has not been started since."""


@pytest.mark.parametrize("jump", [-DAY, 0, DAY])
def test_since_the_machines_start_the_sending_is_reckoned_from_its_uptime(jump: int) -> None:
    clocks = Clocks(SENT + HOUR + jump, SENT + HOUR, uptime=UPTIME + HOUR, boot=BOOT)
    assert sending_of(SENT_WITH_UPTIME, project(created=-DAY), clocks) == Sending(SENT, True)


def test_after_another_start_nothing_is_reckoned() -> None:
    clocks = Clocks(SENT + HOUR, SENT + HOUR, uptime=HOUR, boot="another start")
    assert not sending_of(SENT_WITH_UPTIME, project(created=-DAY), clocks).certain


def test_a_time_that_an_answer_told_then_must_agree_with_what_is_reckoned() -> None:
    clocks = Clocks(SENT + HOUR, SENT + HOUR, uptime=UPTIME + HOUR, boot=BOOT)
    told = replace(SENT_WITH_UPTIME, server_sent_at=SENT - DAY)
    assert not sending_of(told, project(created=-DAY), clocks).certain
