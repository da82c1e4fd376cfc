"""Whether PostgreSQL answers, for all who want to know."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from ccgateway.errors import StoreUnavailable

ASKED_AGAIN_S = 1.0
"""Whoever wants to know sooner gets the last answer: /readyz is open to all, and its question takes
one of the few connections that callers' look-ups need."""


class Answering:
    """Asks one question for all who want to know. ``ping`` asks, in a time that is limited, and
    raises StoreUnavailable."""

    def __init__(self, ping: Callable[[], Awaitable[None]]) -> None:
        self._ping = ping
        self._asked_at = 0.0  # loop time
        self._asking: asyncio.Future[bool] | None = None

    async def now(self) -> bool:
        """Whether it answers."""
        now = asyncio.get_running_loop().time()
        asking = self._asking
        if asking is None or (asking.done() and now - self._asked_at >= ASKED_AGAIN_S):
            self._asked_at = now
            asking = self._asking = asyncio.ensure_future(self._ask())
        return await asyncio.shield(asking)  # others wait for it, too

    async def _ask(self) -> bool:
        try:
            await self._ping()
        except StoreUnavailable:
            return False
        return True
