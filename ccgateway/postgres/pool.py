"""Connections to PostgreSQL, and what its errors mean to us."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from typing import Any, TypeAlias, TypeVar

import asyncpg
import orjson

from ccgateway.errors import StoreUnavailable

CONNECT_WITHIN = 10.0  # seconds for one connection
ANSWER_WITHIN = 30.0  # seconds for one statement: on a connection that died silently it ends there
CONNECTIONS = 8  # at most; the writer uses one

OLD_SCHEMA = "the database is not at this version's schema yet: ccgateway migrate"
BAD_DSN = "dsn under [database] is not a postgresql:// URL (special characters go as %XX)"

Pool: TypeAlias = "asyncpg.Pool[asyncpg.Record]"
Connection: TypeAlias = (
    "asyncpg.Connection[asyncpg.Record] | asyncpg.pool.PoolConnectionProxy[asyncpg.Record]"
)

T = TypeVar("T")

GONE = (OSError, asyncpg.InterfaceError, asyncpg.InternalClientError)
"""What the driver raises where a connection is lost. The last one where it was lost within an
operation: it then says that this one still goes on."""

_BAD_DATA = ("22", "23", "54")
"""Classes of SQLSTATE that are the row's fault: data exception, integrity constraint violation,
program limit exceeded (a text too long for an index)."""


async def open_pool(dsn: str) -> Pool:
    """A pool for a postgresql:// URL; jsonb columns are Python values. It survives PostgreSQL's
    going away and coming back. Raises StoreUnavailable when PostgreSQL is not there now."""
    try:
        with reaching():
            pool = await asyncpg.create_pool(
                dsn,
                min_size=0,  # else it logs a traceback each time that PostgreSQL is away
                max_size=CONNECTIONS,
                timeout=CONNECT_WITHIN,
                command_timeout=ANSWER_WITHIN,
                server_settings={"application_name": "ccgateway", "timezone": "UTC"},
                init=_prepare,
            )
            await pool.execute("SELECT 1")
            return pool
    except ValueError:  # its message may quote a part of the password: not even as the cause
        raise StoreUnavailable(BAD_DSN) from None


@contextmanager
def reaching() -> Iterator[None]:
    """Turn every failure to reach PostgreSQL, or to be served by it, into StoreUnavailable (a
    timeout, too, is an OSError); the row's own faults (a constraint) pass as they are."""
    try:
        yield
    except (asyncpg.UndefinedTableError, asyncpg.UndefinedColumnError) as error:
        raise StoreUnavailable(f"{OLD_SCHEMA}: {reason_of(error)}") from error
    except (asyncpg.PostgresError, *GONE) as error:
        if is_bad_data(error):
            raise
        raise StoreUnavailable(f"PostgreSQL does not serve us: {reason_of(error)}") from error


PING_WITHIN = 1.0
"""Seconds for a question that costs nothing: one that hangs longer does not serve."""


async def ping(pool: Pool) -> None:
    """See whether PostgreSQL answers. Raises StoreUnavailable."""
    with reaching():
        await in_time(PING_WITHIN, pool.fetchval("SELECT 1"))


async def in_time(seconds: float, work: Coroutine[object, object, T]) -> T:
    """What ``work`` returns. Raises StoreUnavailable where it takes longer than ``seconds``. It is
    cancelled then, but not waited for: asyncpg waits until the server confirms the cancelling,
    which one that hangs never does."""
    task = asyncio.ensure_future(work)
    task.add_done_callback(_heard)
    try:
        done, _ = await asyncio.wait([task], timeout=seconds)
    finally:
        task.cancel()
    if not done:
        raise StoreUnavailable(f"PostgreSQL did not answer within {seconds:g} s")
    return task.result()


def _heard(task: asyncio.Future[Any]) -> None:
    """Whatever became of it is known, or of no interest any more."""
    if not task.cancelled():
        task.exception()


def is_bad_data(error: Exception) -> bool:
    """Whether the data, and not the server, is at fault: trying again cannot help. What is not an
    error of the network or the server was raised while our own values were made into a message."""
    if isinstance(error, asyncpg.PostgresError):
        return str(error.sqlstate)[:2] in _BAD_DATA and not is_missing_partition(error)
    if isinstance(error, asyncpg.InterfaceError):
        return isinstance(error, ValueError)  # the driver's "invalid input for query argument"
    return not isinstance(error, OSError | asyncpg.InternalClientError)


def is_missing_partition(error: Exception) -> bool:
    """PostgreSQL reports a row that fits no partition as a check violation of no constraint."""
    return isinstance(error, asyncpg.CheckViolationError) and error.constraint_name is None


def reason_of(error: Exception) -> str:
    """The error's message without its DETAIL, which quotes the row: names and numbers."""
    text = str(error.args[0]) if error.args else ""
    return f"{type(error).__name__}: {text}"


async def _prepare(connection: asyncpg.Connection[Any]) -> None:
    await connection.set_type_codec(
        "jsonb",
        schema="pg_catalog",
        encoder=lambda value: orjson.dumps(value).decode(),
        decoder=orjson.loads,
    )
