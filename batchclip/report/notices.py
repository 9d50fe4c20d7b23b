"""What an operator should read, a line each, where no run shows its progress."""

from typing import TextIO

from batchclip.events import Event, Notice


class Notices:
    """Writes every notice and leaves all other events alone."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def notice(self, event: Event) -> None:
        """Take notice of an event."""
        if isinstance(event, Notice):
            self._stream.write(event.sentence + "\n")
            self._stream.flush()
