"""The peak memory of one command, and of nothing else.

Linux counts into a process's peak what its parent held when it was started, and a test's process
may hold much; so a small process stands between.
"""

import json
import subprocess
import sys

from tests.support.commands import Measured
from tests.support.program import COMMAND, Program

BETWEEN = """
import json, os, subprocess, sys
with open("said.txt", "wb") as said:
    process = subprocess.Popen(sys.argv[1:], stdout=subprocess.DEVNULL, stderr=said)
    _, status, used = os.wait4(process.pid, 0)
process.returncode = os.waitstatus_to_exitcode(status)
cpu = used.ru_utime + used.ru_stime
print(json.dumps([process.returncode, used.ru_maxrss / 1024, cpu]))
"""


def weighed(program: Program, *arguments: str) -> Measured:
    """Run a command to its end and measure that one process."""
    done = subprocess.run(
        [sys.executable, "-c", BETWEEN, *COMMAND, *arguments],
        env=program.environment,
        cwd=program.folder,
        capture_output=True,
        check=True,
    )
    returncode, peak, cpu = json.loads(done.stdout)
    said = program.folder / "said.txt"
    text = said.read_text()
    said.unlink()
    return Measured(returncode, text, peak, cpu)
