"""What must hold in every world. Each function names what it found broken."""

import signal
from collections.abc import Callable, Iterator
from itertools import pairwise

from tests.proof.worlds.drawn import asked_by
from tests.proof.worlds.play import Record, Story
from tests.proof.worlds.table import Standing
from tests.proof.worlds.truth import Asked, Create, HoldOff

GRACE_SECONDS = 0.4
"""For what was on the wire, or about to be, when an answer was read."""
CLOSING_SECONDS = 0.1
"""A connection that a client has let go is noticed so much later at the most."""

HAPPENED = {"submitted", "already_done"}
SURELY_NOT = {"pending", "rejected", "failed", "cancelled"}
DONE = HAPPENED | {"cancelled"}
CODES = {0, 1, 3, 4, 5, -signal.SIGTERM, 128 + signal.SIGTERM}


def nothing_takes_effect_twice(story: Story) -> Iterator[str]:
    for asked, times in story.truth.effects.items():
        if times > 1 and not asked.harmless:
            yield f"{asked} took effect {times} times"


def the_table_says_what_is_true(story: Story) -> Iterator[str]:
    for record in story.records:
        for asked, standing in record.table.items():
            if is_wrong(story, record, asked, standing):
                yield f"{record.name}: {asked} stands {standing}, which is not true"


def is_wrong(story: Story, record: Record, asked: Asked, standing: Standing) -> bool:
    """Whether a state says what is not so. In doubt, or on its way, may be either."""
    happened = story.truth.happened_by(asked, record.ended_at)
    if standing.state in HAPPENED:
        return not happened
    if standing.state == "submitting":
        return not record.never_began and record.code not in {-signal.SIGKILL, 7}
    return standing.state in SURELY_NOT and happened and not asked.harmless


def no_row_is_missing(story: Story) -> Iterator[str]:
    wanted = {asked_by(row) for row in story.world.rows}
    found = [
        Asked(
            row["file_id"],
            row["start"],
            row["end"],
            row["mode"] == "single",
            row["force"] and row["start"] is None,
        )
        for row in story.report
    ]
    if len(found) != len(set(found)):
        yield "the report names a range twice"
    for asked in wanted.symmetric_difference(found):
        yield f"{asked} is in the manifests or in the report alone"


def one_create_at_a_time_for_a_file(story: Story) -> Iterator[str]:
    by_file: dict[str, list[Create]] = {}
    for create in story.truth.creates:
        by_file.setdefault(create.asked.file, []).append(create)
    for creates in by_file.values():
        for one, next_one in pairwise(creates):
            if still_there(one, next_one.at):
                yield f"{next_one.asked} arrived while {one.asked} was on the wire"


def still_there(create: Create, at: float) -> bool:
    """Whether a create was on the wire at this moment."""
    left = create.left_wire_at
    slack = CLOSING_SECONDS if create.left_by_client else 0.0
    return left is None or left - slack > at


def hold_offs_are_kept(story: Story) -> Iterator[str]:
    for hold_off in story.truth.hold_offs:
        start = hold_off.at + GRACE_SECONDS
        for create in story.truth.between(start, hold_off.until - 0.02):
            if binds(story, hold_off, create.at):
                early = hold_off.until - create.at
                yield f"{create.asked} came {early:.2f} s before the end of a hold-off"


def binds(story: Story, hold_off: HoldOff, at: float) -> bool:
    """Whether a run at that moment could know of it: it read the answer, or found it on record."""
    # A run that was killed with the answer under way ends a moment before its connection does.
    begun = (one for one in story.records if one.started_at < hold_off.at)
    reader = max(begun, key=lambda one: one.ended_at)
    if at < reader.ended_at:
        return True
    recorded = reader.code != -signal.SIGKILL or reader.ended_at - hold_off.at > GRACE_SECONDS
    # A moment on a clock that jumps is no moment.
    return hold_off.lasting and recorded and not story.world.jumps


def nothing_is_sent_after_a_stop(story: Story) -> Iterator[str]:
    for record in story.records:
        spent = [at for at in story.truth.spent if record.started_at < at < record.ended_at]
        stops = [*spent, *([record.stopping_at] if record.stopping_at else [])]
        if stops:
            after = story.truth.between(min(stops) + GRACE_SECONDS, record.ended_at)
            yield from (f"{record.name}: {one.asked} was sent after the stop" for one in after)


def a_pause_is_kept(story: Story) -> Iterator[str]:
    for began, ended in story.pauses:
        for create in story.truth.between(began + GRACE_SECONDS, ended):
            yield f"{create.asked} came {create.at - began:.2f} s into a pause"


def no_dead_token_is_used(story: Story) -> Iterator[str]:
    killed = {refresh.killed: refresh.at for refresh in story.truth.refreshes}
    for create in story.truth.creates:
        since = create.at - killed.get(create.token, create.at)
        if since > GRACE_SECONDS:
            yield f"{create.asked} came with a token that was killed {since:.2f} s before"


def no_living_token_is_killed(story: Story) -> Iterator[str]:
    for refresh in story.truth.refreshes:
        if refresh.needless:
            yield f"{refresh.killed} was alive when it was replaced"


def budgets_are_kept(story: Story) -> Iterator[str]:
    for record in story.records:
        took = story.truth.between(record.started_at, record.ended_at)
        spent = sum(create.took_effect_at is not None for create in took)
        if record.budget is not None and spent > record.budget:
            yield f"{record.name}: {spent} submissions, more than --max-submissions"


def nothing_breaks(story: Story) -> Iterator[str]:
    said = [(record.name, record.code, record.stderr) for record in story.records]
    said += [(" ".join(arguments), code, text) for arguments, code, text in story.errands]
    for name, code, text in said:
        if "Traceback" in text or "Warning" in text:
            yield f"{name} ended with {code} and said {text}"
    yield from story.truth.surprises


def exit_codes_agree_with_the_table(story: Story) -> Iterator[str]:
    for record in story.records:
        if not code_is_right(record):
            counts = sorted(standing.state for standing in record.table.values())
            yield f"{record.name} ended with {record.code} and {counts}: {record.stderr}"
    for arguments, code, text in story.errands:
        if code not in {0, 1, 3, 4, 5, 7}:
            yield f"{arguments} ended with {code}: {text}"


def code_is_right(record: Record) -> bool:
    """Whether the page's meaning of an exit code is what the table says."""
    states = {standing.state for standing in record.table.values()}
    if record.code == 0:
        return states <= DONE
    if record.code == 1:
        return bool(states & {"rejected", "failed", "in_doubt"}) and "submitting" not in states
    if record.code == 3:
        # A stop that came with the last range is told, though nothing is left.
        return "pending" in states or any(word in record.stderr for word in ("usage", "pause"))
    if record.code == -signal.SIGTERM:
        # It came before there was a run to end, or when its end was on the record.
        return record.never_began or (record.sent == signal.SIGTERM and "submitting" not in states)
    if record.code == -signal.SIGKILL:
        return record.sent == signal.SIGKILL
    return record.code in CODES or (record.code == 7 and not record.table)


def everything_settles(story: Story) -> Iterator[str]:
    for record in story.records:
        if record.hung:
            yield f"{record.name} did not end: {record.stderr}"
    table = story.table
    doubts = [asked for asked, standing in table.items() if standing.state == "in_doubt"]
    for asked, standing in table.items():
        held_back = any(asked.overlaps(doubt) for doubt in doubts)
        settled = standing.state in DONE | {"rejected"}
        waits = standing.state == "pending" and held_back
        doubted = standing.state == "in_doubt" and standing.reason
        if not (settled or waits or doubted):
            yield f"{asked} stands {standing} in the end"
        if standing.state == "pending" and story.truth.happened(asked) and not asked.harmless:
            yield f"{asked} is pending, but happened"


PROMISES: tuple[Callable[[Story], Iterator[str]], ...] = (
    nothing_takes_effect_twice,
    the_table_says_what_is_true,
    no_row_is_missing,
    one_create_at_a_time_for_a_file,
    hold_offs_are_kept,
    nothing_is_sent_after_a_stop,
    a_pause_is_kept,
    no_dead_token_is_used,
    no_living_token_is_killed,
    budgets_are_kept,
    nothing_breaks,
    exit_codes_agree_with_the_table,
    everything_settles,
)


def broken(story: Story) -> list[str]:
    """Every promise that this world has seen broken, with its seed."""
    return [
        f"seed {story.world.seed}: {promise.__name__}: {what}"
        for promise in PROMISES
        for what in promise(story)
    ]
