"""What an operator may see go wrong: one sentence each, and the exit code that goes with it."""

from typing import ClassVar


class BatchclipError(Exception):
    """Something that an operator must read: the message says what is wrong and what to do."""

    exit_code: ClassVar[int] = 1


class UsageError(BatchclipError):
    """The command line, a setting or a job file is wrong; nothing was done."""

    exit_code = 2


class ManifestError(BatchclipError):
    """A manifest has errors; nothing was loaded and nothing was sent."""

    exit_code = 2


class PersonNeeded(BatchclipError):
    """The token, its scopes or the account's plan are refused; only a person can change that."""

    exit_code = 4


class ApiUnavailable(BatchclipError):
    """The API cannot be reached at the moment; the same call may go through later."""

    exit_code = 5


class TableBusy(BatchclipError):
    """Another run holds the job table."""

    exit_code = 6


class TableError(BatchclipError):
    """The job table cannot be read or written: missing, full, corrupt, read-only or too new."""

    exit_code = 7
