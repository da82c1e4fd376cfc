"""Waiting on a condition with a deadline: never a sleep in the hope that it was long enough."""

from __future__ import annotations

import asyncio
import inspect
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar, overload

from ccgateway.rig.errors import RigError

T = TypeVar("T")
LOOK_EVERY = 0.02  # seconds
WITHIN = 10.0  # seconds; long for loopback, also on a busy machine


@overload
async def until(probe: Callable[[], Awaitable[T]], what: str, *, seconds: float = ...) -> T: ...
@overload
async def until(probe: Callable[[], T], what: str, *, seconds: float = ...) -> T: ...
async def until(probe: Callable[[], T | Awaitable[T]], what: str, *, seconds: float = WITHIN) -> T:
    """Ask ``probe`` (plain or async) until it answers something true, and return that.

    Raises RigError, which names ``what`` was waited for, after ``seconds``.
    """
    deadline = time.monotonic() + seconds
    while True:
        answer = probe()
        value: T = await answer if inspect.isawaitable(answer) else answer
        if value:
            return value
        if time.monotonic() > deadline:
            raise RigError(f"{what}: not so within {seconds:g} s (last seen: {value!r})")
        await asyncio.sleep(LOOK_EVERY)
