"""The record as the loop's side asks for it (``engine.ports.Record``)."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from functools import partial
from typing import TypeVar
from uuid import UUID

from ccgateway.calls.call import Call
from ccgateway.calls.gap import Gap
from ccgateway.calls.listed import ListedCall, Search
from ccgateway.engine.ports import Place
from ccgateway.errors import Refused
from ccgateway.postgres import calls
from ccgateway.postgres.gaps import list_gaps
from ccgateway.postgres.pool import Pool, in_time

ANSWER_WITHIN = 10.0
"""Seconds for a list, which may have to look through months. Somebody waits for it."""

AT_ONCE = 2
"""Questions about the past that PostgreSQL gets at once, of the pool's eight connections: callers
are looked up by the others, and never wait for somebody's search."""

CASE = "#"
T = TypeVar("T")


class PostgresRecord:
    """Calls out of PostgreSQL."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._turns = asyncio.Semaphore(AT_ONCE)

    async def list(self, search: Search, limit: int) -> Sequence[ListedCall]:
        """The newest first. Raises StoreUnavailable."""
        return await self._ask(partial(calls.list_calls, self._pool, limit, search))

    async def named(self, name: str) -> Sequence[UUID]:
        """The calls of an id, of the beginning of one, or of #case: ids, at most
        ``calls.FOUND_AT_MOST``. Raises StoreUnavailable."""
        if name.startswith(CASE):
            case = name.removeprefix(CASE)
            number = int(case) if case.isascii() and case.isdecimal() else 0
            return await self._ask(partial(calls.find_by_case, self._pool, number))
        try:
            return await self._ask(partial(calls.find_call, self._pool, name))
        except Refused:  # no id begins like this
            return []

    async def load(self, call_id: UUID) -> Call | None:
        """A call, whole; None where there is none. Raises StoreUnavailable."""
        return await self._ask(partial(calls.load_call, self._pool, call_id))

    async def gaps(
        self, since: datetime | None, before: datetime | None, limit: int, after: Place | None
    ) -> Sequence[Gap]:
        """The gaps that reach into a time, the newest first, from a place in the list on. Raises
        StoreUnavailable."""
        return await self._ask(partial(list_gaps, self._pool, since, before, limit, after=after))

    async def _ask(self, question: Callable[[], Awaitable[T]]) -> T:
        return await in_time(ANSWER_WITHIN, self._in_turn(question))

    async def _in_turn(self, question: Callable[[], Awaitable[T]]) -> T:
        async with self._turns:
            return await question()
