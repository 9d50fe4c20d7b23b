"""`batchclip` on a machine whose clock goes wrong: `python -m ... FILE arguments`.

The file holds how many seconds the wall clock is ahead; it may change at any time.
"""

import sys
import time
from pathlib import Path

from batchclip.cli import main
from batchclip.clock import SystemClock


def main_with(offset: Path) -> None:
    """Run the command with a wall clock that is ahead by what the file says."""

    def now(self: SystemClock) -> float:
        return time.time() + float(offset.read_text())

    SystemClock.now = now  # type: ignore[method-assign]
    main()


if __name__ == "__main__":
    OFFSET = Path(sys.argv[1])
    sys.argv = ["batchclip", *sys.argv[2:]]
    main_with(OFFSET)
