"""Work that waits for Asterisk, beside the loop."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine

import structlog

from ccgateway.errors import PbxUnavailable

log = structlog.get_logger()


class Chores:
    """What was begun and has not ended yet."""

    def __init__(self) -> None:
        self._running: set[asyncio.Task[None]] = set()  # asyncio itself holds tasks weakly

    def begin(self, work: Coroutine[object, object, object]) -> None:
        """Begin it; what it may meet is logged."""
        task = asyncio.get_running_loop().create_task(_quietly(work))
        self._running.add(task)
        task.add_done_callback(self._running.discard)


async def _quietly(work: Coroutine[object, object, object]) -> None:
    try:
        await work
    except PbxUnavailable as error:
        log.warning("not done, asterisk cannot be reached; tried again in a minute", why=str(error))
