"""The time that a request may take in all, watched over by one timer for all of them."""

import asyncio


class Deadline:
    """The end of the time of one request, which the current task makes."""

    __slots__ = ("_cancelling", "_own", "_task", "at", "passed")

    def __init__(self, task: "asyncio.Task[object]", at: float) -> None:
        self._task = task
        self._cancelling = task.cancelling()
        self.at = at
        self.passed = False
        self._own: bool | None = None

    def pass_by(self) -> None:
        """Break the request off."""
        self.passed = True
        self._task.cancel()

    def own(self) -> bool:
        """Whether the cancellation that has just come is this deadline's alone; it is then over.

        Whoever asks again on the way out is told the same.
        """
        if self._own is None:
            self._own = self.passed and self._task.uncancel() <= self._cancelling
        return self._own


class Deadlines:
    """Gives every request the same time in seconds.

    So they end in the order in which they began, and the timer is only ever set for the first: to
    set and clear one for each request, as aiohttp's own does, takes a tenth of a request's time.
    """

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._running: dict[Deadline, None] = {}
        self._timer: asyncio.TimerHandle | None = None

    def begin(self) -> Deadline:
        """Begin the time of the request that the current task makes."""
        task = asyncio.current_task()
        if task is None:
            raise RuntimeError("a request must be made in a task")
        loop = asyncio.get_running_loop()
        deadline = Deadline(task, loop.time() + self._seconds)
        self._running[deadline] = None
        if self._timer is None:
            self._timer = loop.call_at(deadline.at, self._look)
        return deadline

    def end(self, deadline: Deadline) -> None:
        """The request is over."""
        self._running.pop(deadline, None)

    def _look(self) -> None:
        """Break off what has run out of time, and set the timer for the next."""
        loop = asyncio.get_running_loop()
        now = loop.time()
        for deadline in list(self._running):
            if deadline.at > now:
                self._timer = loop.call_at(deadline.at, self._look)
                return
            del self._running[deadline]
            deadline.pass_by()
        self._timer = None

    def close(self) -> None:
        """Clear the timer."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
