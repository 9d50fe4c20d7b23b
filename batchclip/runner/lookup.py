"""`batchclip reconcile`: a search for evidence without a run around it."""

import math
from dataclasses import dataclass

from batchclip.errors import ApiUnavailable
from batchclip.events import Notice
from batchclip.job import State
from batchclip.runner.halts import Halt
from batchclip.runner.questions import keep_holding_off
from batchclip.runner.reconcile import Reconciled, Reconciler
from batchclip.runner.recovery import recover
from batchclip.store.base import Store

INTERRUPTED = 128
"""Exit codes from here on name a signal."""


@dataclass(frozen=True, slots=True)
class LookupEnd:
    """How a search ended, and how many ranges are in doubt still."""

    exit_code: int
    sentence: str
    in_doubt: int


async def look_up(store: Store, reconciler: Reconciler) -> LookupEnd:
    """Clear up after a run that died, then search. The caller holds the run lock.

    Raises TableError.
    """
    questions = reconciler.questions
    questions.halts.on_stop(lambda _: questions.pacer.close())
    last = await store.last_run()
    questions.run_id = last.run_id if last else 0
    recovered = await recover(await store.left_claims(), reconciler.journal, questions.clock)
    if recovered.sentence():
        reconciler.observer.notice(Notice(recovered.sentence()))
    await keep_holding_off(store, questions, reconciler.observer)
    found = await reconciler.search()
    in_doubt = (await store.counts())[State.IN_DOUBT]
    return end_of_search(questions.halts.halt, found, in_doubt)


def end_of_search(halt: Halt | None, found: Reconciled, in_doubt: int) -> LookupEnd:
    """Say how it ended."""
    left = f"{in_doubt:,} in doubt" if in_doubt else "nothing is in doubt"
    if found.too_fresh_ms is not None:
        seconds = math.ceil(found.too_fresh_ms / 1000)
        left += f"; the next can be looked for in {seconds:,} s (--settle-seconds)"
    if halt is not None:
        # For a run these are reasons to stop with work left; here the API is just not to be had.
        code = halt.exit_code
        known = code in {4, 5, 7} or code > INTERRUPTED
        return LookupEnd(code if known else ApiUnavailable.exit_code, halt.sentence, in_doubt)
    if found.problem is not None:
        return LookupEnd(found.problem.exit_code, f"{left}: {found.problem.sentence}", in_doubt)
    return LookupEnd(0, left, in_doubt)
