"""What an operator may see go wrong: one sentence each, and the exit code that goes with it."""

from typing import ClassVar


class BatchclipError(Exception):
    """Something that an operator must read: the message says what is wrong and what to do."""

    exit_code: ClassVar[int] = 1


class UsageError(BatchclipError):
    """The command line, a setting or a job file is wrong; nothing was done."""

    exit_code = 2


class PersonNeeded(BatchclipError):
    """The token, its scopes or the account's plan are refused; only a person can change that."""

    exit_code = 4


class ApiUnavailable(BatchclipError):
    """The API cannot be reached at the moment; the same call may go through later.

    `http_status` is its answer's, where there was one; `hold_off` the seconds that it asked for.
    """

    exit_code = 5

    def __init__(
        self, sentence: str, http_status: int | None = None, hold_off: float | None = None
    ) -> None:
        super().__init__(sentence)
        self.http_status = http_status
        self.hold_off = hold_off


class TableBusy(BatchclipError):
    """Another run holds the job table."""

    exit_code = 6


class TableError(BatchclipError):
    """The job table cannot be read or written: missing, full, corrupt, read-only or too new."""

    exit_code = 7
