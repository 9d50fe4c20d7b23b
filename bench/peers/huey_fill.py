"""Fill huey's queue. `huey_fill.py IDS`."""

import sys
from pathlib import Path

from bench.peers.huey_queue import create

if __name__ == "__main__":
    for file_id in Path(sys.argv[1]).read_text(encoding="utf-8").split():
        create(file_id)
