"""How much is measured: in earnest, and while the bench itself is worked at."""

from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Plan:
    """Numbers of pairs and of ranges."""

    pairs: int = 7
    ranges: int = 20_000
    distant: int = 20_000
    # One after the other, 6 ms each: more would only take longer.
    one_file: int = 4_000
    load: int = 1_000_000
    huge: int = 10_000_000
    disk: int = 100_000
    starts: int = 21
    gather: int = 20_000
    httpx: int = 2_000
    huey: int = 5_000
    procrastinate: int = 1_000
    scrapy: int = 2_000
    parallel: int = 1_000

    @property
    def sentence(self) -> str:
        """What the figures come from."""
        return (
            f"Pairs: {self.pairs}, after a warm-up; {self.ranges:,} ranges a run "
            f"({self.distant:,} with a slow server, {self.one_file:,} of one file), "
            f"{self.load:,} rows a load, {self.huge:,} ranges for ten million."
        )

    def with_pairs(self, pairs: int | None) -> "Plan":
        """The same with another number of pairs."""
        return replace(self, pairs=pairs) if pairs else self


FULL = Plan()
QUICK = Plan(
    pairs=3,
    ranges=5_000,
    distant=2_000,
    one_file=500,
    load=100_000,
    huge=200_000,
    disk=20_000,
    starts=5,
    gather=5_000,
    httpx=500,
    huey=1_000,
    procrastinate=200,
    scrapy=500,
    parallel=200,
)
