"""Waiting for a PostgreSQL that another starts: after a reboot it may come later than we do."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

import asyncpg
import structlog

from ccgateway.errors import StoreUnavailable
from ccgateway.postgres.pool import BAD_DSN, CONNECT_WITHIN, GONE

FIRST_PAUSE = 0.5  # seconds before the second try, then doubled
LONGEST_PAUSE = 5.0  # seconds: its arrival is noticed within this

_NOT_YET = ("08", "53", "57")
"""Classes of SQLSTATE that pass by themselves: connection lost, no connection free, starting up or
shutting down. Any other answer (a wrong password, no such database) is one, and stays."""

log = structlog.stdlib.get_logger(__name__)
T = TypeVar("T")


async def patiently(work: Callable[[], Awaitable[T]], within: float) -> T:
    """What ``work`` returns; where PostgreSQL goes away in the middle of it, it is done again. So
    it must bear to be done twice. Raises StoreUnavailable where PostgreSQL is not there for
    ``within`` seconds, or where waiting would not help."""
    deadline = time.monotonic() + within
    pause = FIRST_PAUSE
    while True:
        try:
            return await work()
        except StoreUnavailable as error:
            left = deadline - time.monotonic()
            if left <= 0 or not _passes(error):
                raise
            log.warning("database_awaited", reason=str(error), seconds_left=round(left, 1))
        await asyncio.sleep(pause)
        pause = min(2 * pause, LONGEST_PAUSE)


def _passes(error: BaseException | None) -> bool:
    """Whether it was caused by PostgreSQL's being away."""
    while error is not None:
        if isinstance(error, GONE):
            return True
        if isinstance(error, asyncpg.PostgresError):
            return str(error.sqlstate)[:2] in _NOT_YET
        error = error.__cause__
    return False


async def arrival(dsn: str, within: float) -> None:
    """Return once PostgreSQL answers, be it that it does not let us in: whoever uses it next says
    why. ``within``: seconds. Raises StoreUnavailable where it is not there until then, or where
    ``dsn`` is no postgresql:// URL."""
    deadline = time.monotonic() + within
    pause = FIRST_PAUSE
    while error := await _missing(dsn, deadline - time.monotonic()):
        left = deadline - time.monotonic()
        if left <= 0:
            raise StoreUnavailable(
                f"PostgreSQL was not there within {within:g} s ({_said(error)}); start it, or "
                f"correct dsn under [database]"
            ) from error
        log.warning("database_awaited", reason=_said(error), seconds_left=round(left, 1))
        await asyncio.sleep(min(pause, left))
        pause = min(2 * pause, LONGEST_PAUSE)


async def _missing(dsn: str, left: float) -> Exception | None:
    """Why PostgreSQL is not there, or None where it is. Raises StoreUnavailable."""
    try:
        # The last try is made at the deadline, and gets its time, too.
        connection = await asyncpg.connect(dsn, timeout=min(CONNECT_WITHIN, max(left, 1.0)))
    except OSError as error:  # a timeout, too
        return error
    except asyncpg.PostgresError as error:
        return error if str(error.sqlstate)[:2] in _NOT_YET else None
    except ValueError:  # its message may quote a part of the password: not even as the cause
        raise StoreUnavailable(BAD_DSN) from None
    await connection.close()
    return None


def _said(error: Exception) -> str:
    return str(error).partition("\n")[0] or "no answer in time"
