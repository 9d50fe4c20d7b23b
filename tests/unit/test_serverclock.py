"""Restream's time as its answers tell it, carried on by a clock that nobody sets."""

from email.utils import formatdate

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batchclip.serverclock import AGREE_SECONDS, REMEMBERED, ServerClock
from tests.support.fakeclock import FakeClock
from tests.support.hostile import header_texts

NOW = 1_700_000_000


class Watched:
    """A server clock and the clock below it."""

    def __init__(self) -> None:
        self.clock = FakeClock(now=float(NOW))
        self.server = ServerClock(self.clock)

    def answer(self, *, ahead: float = 0.0) -> None:
        """An answer comes whose clock is so far ahead."""
        self.server.notice(formatdate(self.clock.now() + ahead, usegmt=True))


@pytest.fixture
def watched() -> Watched:
    return Watched()


def test_nothing_is_known_before_an_answer(watched: Watched) -> None:
    assert watched.server.now() is None


async def test_an_answers_time_is_carried_on(watched: Watched) -> None:
    watched.answer(ahead=3600)
    await watched.clock.advance(90.5)
    assert watched.server.now() == 1000 * (NOW + 3600) + 90_500


async def test_the_largest_difference_is_the_best_because_dates_are_rounded_down(
    watched: Watched,
) -> None:
    for _ in range(4):
        watched.answer()
        await watched.clock.advance(0.75)
    assert watched.server.now() == 1000 * NOW + 3_000


@pytest.mark.parametrize("set_by", [AGREE_SECONDS + 1, -AGREE_SECONDS - 1, 86_400, -86_400])
async def test_a_clock_that_was_set_makes_the_time_unknown_until_the_next_answer(
    watched: Watched, set_by: float
) -> None:
    watched.answer()
    watched.clock.jump(set_by)
    assert watched.server.now() is None
    watched.answer(ahead=-set_by)
    assert watched.server.now() == 1000 * NOW


@pytest.mark.parametrize("set_by", [AGREE_SECONDS, -AGREE_SECONDS])
async def test_a_clock_that_is_slewed_a_little_changes_nothing(
    watched: Watched, set_by: float
) -> None:
    watched.answer()
    watched.clock.jump(set_by)
    assert watched.server.now() == 1000 * NOW


@pytest.mark.parametrize(
    ("apart", "known"), [(AGREE_SECONDS, True), (AGREE_SECONDS + 1, False), (-3600, False)]
)
def test_clocks_that_disagree_are_none(watched: Watched, apart: float, known: bool) -> None:
    watched.answer()
    watched.answer(ahead=apart)
    assert (watched.server.now() is not None) is known


def test_a_wrong_answer_is_forgotten_after_enough_right_ones(watched: Watched) -> None:
    watched.answer(ahead=3600)
    for _ in range(REMEMBERED - 1):
        watched.answer()
        assert watched.server.now() is None
    watched.answer()
    assert watched.server.now() == 1000 * NOW


@pytest.mark.parametrize(
    ("date", "known"),
    [
        ("Tue, 14 Nov 2023 22:13:20 GMT", True),
        ("Tue, 14 Nov 2023 22:13:20", True),
        ("Tue, 14 Nov 2023 22:13:20 -0000", True),
        ("Tue, 14 Nov 2023 23:13:20 +0100", True),
        ("", False),
        ("yesterday", False),
        ("Tue, 99 Nov 2023 22:13:20 GMT", False),
        ("Mon, 31 Dec 9999 23:59:59 -2359", False),
        ("Wed, 31 Dec 1969 23:59:59 GMT", False),
        ("Wed, 01 Jan 3000 00:00:01 GMT", False),
    ],
)
def test_what_counts_as_a_date(watched: Watched, date: str, known: bool) -> None:
    watched.server.notice(date)
    assert watched.server.now() == (1000 * NOW if known else None)


@given(date=header_texts | st.text(alphabet="MonTueJa, 0123456789:+-GMT", max_size=40))
def test_no_header_is_too_odd(date: str) -> None:
    server = ServerClock(FakeClock())
    server.notice(date)
    now = server.now()
    assert now is None or 0 <= now <= 32_503_680_000_000
