"""The command line."""

from batchclip.cli.app import main

__all__ = ["main"]
