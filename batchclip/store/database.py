"""The connection to a SQLite file: many statements can go over to its thread in one hand-over."""

import sqlite3
from collections.abc import Callable
from typing import Concatenate, ParamSpec, TypeVar

import aiosqlite

Found = TypeVar("Found")
Given = ParamSpec("Given")


class Database(aiosqlite.Connection):
    """aiosqlite's connection, which runs a whole group of statements at once.

    aiosqlite hands each statement over to the connection's thread and its answer back: a group of
    fifteen would cross thirty times, each time waiting for an event loop that is busy.
    """

    async def call(
        self,
        work: Callable[Concatenate[sqlite3.Connection, Given], Found],
        *given: Given.args,
        **named: Given.kwargs,
    ) -> Found:
        """Run `work(connection, ...)` in the connection's thread; return or raise what it does."""
        found: Found = await self._execute(  # type: ignore[no-untyped-call]  # has no types
            work, self._conn, *given, **named
        )
        return found
