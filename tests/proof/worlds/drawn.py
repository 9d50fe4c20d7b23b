"""A world drawn from one seed: manifests, accidents, clocks and nights."""

import random
from dataclasses import dataclass, field

from tests.proof.worlds.mishaps import LATE, MISHAPS, READ_MISHAPS, TOKEN_MISHAPS
from tests.proof.worlds.truth import Asked
from tests.support.program import file_id

SHORT, LONG = 500.0, 3000.0
"""How long files are in seconds; people clip only what lies beyond OURS in the long ones."""
OURS = 1000.0
HOUR = 3600.0

Row = tuple[object, ...]
"""file_id, start, end, mode, force, title, priority: as it stands in a manifest."""


@dataclass(frozen=True)
class Night:
    """One run, what a person does before it, and how it ends.

    `ending`: finish, kill or term, after so many creates of this night have arrived and a pause.
    `pause_after`: when a person halts the run for a while.
    `ahead`: how far this machine's clock is ahead, and `jump`: from `jump_after` creates on.
    """

    manifest: int | None
    flags: tuple[str, ...]
    before: tuple[tuple[str, ...], ...]
    ending: str
    after: int
    pause: float
    ahead: float
    jump_after: int | None
    jump: float
    pause_after: int | None
    allowance: int | None
    people: tuple[Asked, ...]


@dataclass
class World:
    """Everything that is random in a world."""

    seed: int
    manifests: list[list[Row]] = field(default_factory=list)
    durations: dict[str, float] = field(default_factory=dict)
    nights: list[Night] = field(default_factory=list)
    people: list[Asked] = field(default_factory=list)
    chances: dict[str, float] = field(default_factory=dict)
    read_chances: dict[str, float] = field(default_factory=dict)
    token_chances: dict[str, float] = field(default_factory=dict)
    bursts: list[tuple[int, int, str]] = field(default_factory=list)
    token_life: float | None = None
    """None: a fixed token, which is never refreshed."""
    settle: float = 0.0
    timeout: float = 1.0
    latency: float = 0.0
    generating: float = 0.0
    server_ahead: float = 0.0
    jumps: bool = False

    @property
    def dates(self) -> bool:
        """Whether the clocks agree, so that a date in a header means the same to both."""
        return not self.jumps and not self.server_ahead

    @property
    def rows(self) -> list[Row]:
        """The rows of all manifests."""
        return [row for manifest in self.manifests for row in manifest]


def asked_by(row: Row) -> Asked:
    """What a row asks for."""
    file, start, end, mode, force, *_ = row
    whole = start == ""
    return Asked(
        str(file),
        None if whole else float(str(start)),
        None if whole else float(str(end)),
        mode == "single",
        whole and force == "true",
    )


def draw(seed: int) -> World:
    """Draw the world of this seed."""
    dice = random.Random(seed)  # noqa: S311 -- a seed that repeats the world
    world = World(seed)
    draw_clocks(world, dice)
    draw_manifests(world, dice)
    draw_accidents(world, dice)
    world.people = people(world, dice, dice.randint(0, 4))
    manifests: list[int | None] = [None, *range(len(world.manifests))]
    world.nights = [draw_night(world, dice, manifests[1])]
    for _ in range(dice.randint(1, 3)):
        world.nights.append(draw_night(world, dice, dice.choice(manifests)))
    return world


def draw_clocks(world: World, dice: random.Random) -> None:
    world.settle = dice.choice([0.0, 1.0, 1.5])
    # Without time to settle, whoever reads a request late does so after its client is gone.
    world.timeout = dice.choice([0.3, 0.35]) if world.settle else dice.choice([1.0, 1.5])
    world.latency = dice.choice([0.005, 0.05, 0.15])
    world.generating = dice.choice([0.0, 0.1, 1.0])
    world.server_ahead = dice.choice([0.0, 0.0, -2 * HOUR, 90.0, 3 * HOUR])
    world.jumps = dice.random() < 0.35
    world.token_life = dice.choice([None, 1.5, 4.0, HOUR])


def draw_manifests(world: World, dice: random.Random) -> None:
    files = dice.choice([1, 6, 12, 20, 40])
    for number in range(files):
        world.durations[file_id(number)] = LONG
    rows = [row for number in range(files) for row in rows_of(world, number, dice)]
    dice.shuffle(rows)
    rows += [(*row[:5], "again", "") for row in rows if dice.random() < 0.1]
    cut = dice.randint(1, len(rows))
    world.manifests = [part for part in (rows[:cut], rows[cut:]) if part]
    # An old manifest with new rows among its old ones.
    if dice.random() < 0.3:
        world.manifests.append(dice.sample(rows, len(rows)))


def rows_of(world: World, number: int, dice: random.Random) -> list[Row]:
    """The rows of one file; some files are not there, or too short."""
    file = file_id(number)
    fate = dice.random()
    if fate < 0.06:
        del world.durations[file]
    shape = dice.choice(["apart", "apart", "adjacent", "overlapping", "whole", "mixed"])
    if shape == "whole":
        world.durations[file] = dice.choice([SHORT, LONG])
        return wholes(file, dice)
    step = {"apart": 40, "adjacent": 15, "overlapping": 11, "mixed": 30}[shape]
    rows = [ranged(file, step * k, dice) for k in range(dice.randint(1, 5))]
    if fate > 0.95:
        rows.append((file, 2 * LONG, 2 * LONG + 30, "", "", "too long", ""))
    return rows + (wholes(file, dice) if shape == "mixed" else [])


def ranged(file: str, start: int, dice: random.Random) -> Row:
    fraction = dice.choice(["", "", ".25"])
    end = start + 15 + (1 if fraction else 0)
    mode = dice.choice(["", "clips", "single"])
    return (
        file,
        f"{start}{fraction}",
        end,
        mode,
        dice.choice(["", "", "true"]),
        "",
        priority(dice),
    )


def wholes(file: str, dice: random.Random) -> list[Row]:
    """A video as a whole, in one or several ways."""
    ways = [("", ""), ("", "true"), ("single", ""), ("single", "true")]
    return [
        (file, "", "", mode, force, "whole", priority(dice))
        for mode, force in dice.sample(ways, dice.randint(1, 3))
    ]


def priority(dice: random.Random) -> str:
    return dice.choice(["", "", "5", "-1"])


def draw_accidents(world: World, dice: random.Random) -> None:
    # On a clock that jumps, only Restream's whole seconds tell whether so short a time has passed.
    may_be_late = world.settle and not world.jumps
    possible = [name for name in MISHAPS if may_be_late or name not in LATE]
    if world.token_life is None:
        # The only token there is: refused, it would end every night.
        possible.remove("unauthorized")
    share = dice.choice([0.05, 0.15, 0.3])
    some = dice.sample(possible, dice.randint(2, 10))
    world.chances = {name: share / len(some) for name in some}
    for _ in range(dice.randint(0, 2)):
        world.bursts.append((dice.randint(1, 40), dice.randint(2, 8), dice.choice(possible)))
    share = dice.choice([0.0, 0.1, 0.4])
    some = dice.sample(READ_MISHAPS, dice.randint(1, 6))
    world.read_chances = {name: share / len(some) for name in some}
    if dice.random() < 0.4:
        world.token_chances = dict.fromkeys(TOKEN_MISHAPS, 0.06)


def people(world: World, dice: random.Random, count: int) -> list[Asked]:
    """What people clip by hand: never what overlaps a row of ours."""
    wholly = {row[0] for row in world.rows if row[1] == ""}
    free = [file for file, long in world.durations.items() if long == LONG and file not in wholly]
    others = [file_id(900 + number) for number in range(3)]
    starts = [OURS + 50 * dice.randint(1, 30) for _ in range(count)]
    return [Asked(dice.choice(free + others), at, at + 20, False, False) for at in starts]


def draw_night(world: World, dice: random.Random, manifest: int | None) -> Night:
    count = len(world.rows)
    ahead = dice.choice([-HOUR, -60.0, 0.0, 60.0, HOUR]) if world.jumps else 0.0
    jump = dice.choice([-HOUR, -1.0, 1.0, HOUR])
    return Night(
        manifest=manifest,
        flags=flags(dice),
        before=errands(world, dice),
        ending=dice.choice(["finish", "kill", "kill", "kill", "kill", "term"]),
        after=dice.randint(1, max(2, count // 2)),
        pause=dice.choice([0.0, 0.0, 0.01, 0.05, 0.2]),
        ahead=ahead,
        jump_after=dice.randint(1, count) if world.jumps and dice.random() < 0.5 else None,
        jump=ahead + jump,
        pause_after=dice.randint(1, count) if dice.random() < 0.15 else None,
        allowance=dice.randint(0, count) if dice.random() < 0.15 else None,
        people=tuple(people(world, dice, dice.randint(0, 1))),
    )


def flags(dice: random.Random) -> tuple[str, ...]:
    """What a person adds to a night's command line."""
    chosen = ["--max-concurrency", dice.choice(["1", "3", "16"])]
    chosen += ["--max-attempts", dice.choice(["1", "2", "6"])]
    if dice.random() < 0.2:
        chosen += ["--max-submissions", str(dice.randint(0, 12))]
    if dice.random() < 0.2:
        chosen += ["--rate", dice.choice(["30/s", "200/s"])]
    return tuple(chosen)


def errands(world: World, dice: random.Random) -> tuple[tuple[str, ...], ...]:
    """What a person does before the night, where the command line knows how."""
    patience = ("--timeout", f"{world.timeout}", "--settle-seconds", f"{world.settle}")
    possible: list[tuple[float, tuple[str, ...]]] = [
        (0.1, ("load", f"m{dice.randrange(len(world.manifests))}.csv")),
        (0.1, ("retry", "--state", "failed")),
        (0.1, ("retry", "--state", "rejected")),
        (0.2, ("reconcile", *patience)),
        (0.1, ("resolve",)),
        (0.1, ("cancel", "--state", "pending", "--file", str(world.rows[0][0]), "--yes")),
        (0.1, ("retry", "--state", "cancelled")),
        (0.1, ("pause",)),
        (0.5, ("resume",)),
    ]
    return tuple(errand for chance, errand in possible if dice.random() < chance)
