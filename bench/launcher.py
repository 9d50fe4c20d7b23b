"""Start one command and write down what it took. Run by itself: `launcher.py REPORT COMMAND...`.

A process of its own because Linux counts the memory of whoever started a program as the program's
own peak: this one is so small that it never shows.
"""

import json
import os
import sys
import time
from pathlib import Path


def main() -> None:
    """Run the command; write its seconds, bytes and exit code to the report as JSON."""
    report, command = Path(sys.argv[1]), sys.argv[2:]
    began = time.monotonic()
    pid = os.posix_spawnp(command[0], command, os.environ)
    _, status, used = os.wait4(pid, 0)
    took = time.monotonic() - began
    figures = {
        "began": began,
        "wall_seconds": took,
        "cpu_seconds": used.ru_utime + used.ru_stime,
        "peak_bytes": used.ru_maxrss * 1024,
        "exit_code": os.waitstatus_to_exitcode(status),
    }
    report.write_text(json.dumps(figures))


if __name__ == "__main__":
    main()
