"""Work that may never end: a read of a file on a mount that hangs."""

from __future__ import annotations

import asyncio
from _thread import start_new_thread
from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar

T = TypeVar("T")


async def aside(work: Callable[[], T]) -> T:
    """What ``work`` returns, or raises, in a thread of its own. One that hangs takes none of those
    that all share (``asyncio.to_thread``), and the process can end without it."""
    loop = asyncio.get_running_loop()
    done: asyncio.Future[T] = loop.create_future()

    def run() -> None:
        error: Exception | None = None
        result: list[T] = []
        try:
            result.append(work())
        except Exception as raised:  # it is raised where it is waited for
            error = raised
        with suppress(RuntimeError):  # the loop has ended meanwhile
            loop.call_soon_threadsafe(settle, result, error)

    def settle(result: list[T], error: Exception | None) -> None:
        if done.done():  # nobody waits any more
            return
        if error is not None:
            done.set_exception(error)
        else:
            done.set_result(result[0])

    # Thread.start() waits until the thread runs: on a busy machine milliseconds of the loop.
    start_new_thread(run, ())
    return await done
