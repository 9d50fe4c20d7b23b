"""An API with accidents, and the truth about what took effect."""

import random
from collections import Counter

from batchclip.job import Range
from batchclip.outcome import Kind, Outcome
from tests.support.runs import BROKEN, CREATED, LOST, REFUSED, SLOW, Night

ALREADY = Outcome(Kind.ALREADY_DONE, http_status=409)


def overlap(one: Range, other: Range) -> bool:
    """Whether two ranges share a moment of the same file."""
    if one.file_id != other.file_id or one == other:
        return False
    if None in (one.start_ms, other.start_ms):
        return True
    spans = [(asked.start_ms or 0, asked.end_ms or 0) for asked in (one, other)]
    (start, end), (other_start, other_end) = spans
    return start < other_end and other_start < end


class Mischief:
    """Answers with accidents, and notes what no run may ever do."""

    def __init__(self, night: Night, dice: random.Random) -> None:
        self._night = night
        self._dice = dice
        self.effects: Counter[Range] = Counter()
        self.doubts: list[Range] = []
        self.sins: list[str] = []

    async def answer(self, asked: Range) -> Outcome:
        if asked in self.doubts:
            self.sins.append(f"{asked} was in doubt and is sent again")
        if any(overlap(asked, doubt) for doubt in self.doubts):
            self.sins.append(f"{asked} overlaps what is in doubt")
        await self._night.clock.sleep(self._dice.random())
        accident = self._dice.random()
        if accident < 0.03:
            return LOST if self._dice.random() < 0.5 else self._lose(asked)
        if accident < 0.08:
            return BROKEN
        if accident < 0.10:
            return REFUSED
        if accident < 0.12:
            return SLOW
        return self._create(asked)

    def _lose(self, asked: Range) -> Outcome:
        """The request arrives and its answer does not."""
        self._create(asked)
        return LOST

    def _create(self, asked: Range) -> Outcome:
        if asked.harmless_to_repeat and self.effects[asked]:
            return ALREADY
        self.effects[asked] += 1
        return CREATED

    async def create_project(self, asked: Range) -> Outcome:
        outcome = await self.answer(asked)
        if outcome is LOST and not asked.harmless_to_repeat:
            self.doubts.append(asked)
        return outcome
