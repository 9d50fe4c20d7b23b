"""`python -m batchclip`."""

from batchclip.cli import main

main()
