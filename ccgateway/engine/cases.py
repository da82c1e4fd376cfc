"""Case numbers, taken in blocks ahead of need: no caller ever waits for PostgreSQL for one."""

from __future__ import annotations

import asyncio
from collections import deque

import structlog

from ccgateway.engine.ports import Store
from ccgateway.errors import StoreUnavailable

LOW = 100
"""With fewer left another block is asked for. At the most calls that one Asterisk takes (50 a
second) they last while PostgreSQL answers; those left at a stop are lost: numbers are cheap."""

AGAIN_S = 5.0
"""How soon it is asked again while PostgreSQL is away."""

log = structlog.get_logger()


class Cases:
    """Gives each call a number. Without PostgreSQL those are used up, then calls go without."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._left: deque[int] = deque()
        self._low = asyncio.Event()
        self._low.set()

    def take(self) -> int | None:
        """The next number; None where there is none just now. Never waits."""
        number = self._left.popleft() if self._left else None
        if len(self._left) < LOW:
            self._low.set()
        return number

    async def keep(self) -> None:
        """Ask for another block whenever few are left, for ever."""
        while True:
            await self._low.wait()
            try:
                block = await self._store.case_numbers()
            except StoreUnavailable as error:
                log.warning("no case numbers", left=len(self._left), why=str(error))
                await asyncio.sleep(AGAIN_S)
                continue
            self._left.extend(block)
            if len(self._left) >= LOW or not block:
                self._low.clear()
