"""Migrations: alembic on asyncpg, by DSN alone (no alembic.ini, no working directory).

SQLAlchemy is used here only. A run is one transaction under an advisory lock: two at once do the
work once, and one that is killed leaves nothing behind. It happens in a thread of its own, with a
loop of its own: alembic blocks, and its state is global to the process.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from threading import Lock
from typing import TypeVar

import asyncpg
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.util import CommandError
from sqlalchemy import Connection, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from ccgateway.errors import StoreUnavailable
from ccgateway.postgres.pool import BAD_DSN

HOME = Path(__file__).parent / "migrations"
ADVISORY_LOCK = 0x63636777  # "ccgw": the lock's key; each database has its own
CONNECT_WITHIN = 10.0  # seconds
OLDEST = 14  # the oldest PostgreSQL that is still maintained

_one_at_a_time = Lock()
_T = TypeVar("_T")


async def migrate(dsn: str) -> list[str]:
    """Bring the schema up to date. Returns the revisions applied, oldest first (empty: none was
    missing). ``dsn`` is a postgresql:// URL as asyncpg reads it. Raises StoreUnavailable."""
    return await asyncio.to_thread(_in_own_loop, dsn, _upgrade)


async def current(dsn: str) -> str | None:
    """The schema's revision, or None for an empty database. Raises StoreUnavailable."""
    return await asyncio.to_thread(_in_own_loop, dsn, _revision)


def _in_own_loop(dsn: str, work: Callable[[Connection], _T]) -> _T:
    with _one_at_a_time:
        return asyncio.run(_in_transaction(dsn, work))


async def _in_transaction(dsn: str, work: Callable[[Connection], _T]) -> _T:
    """Do ``work`` in one transaction. asyncpg itself reads the DSN: SQLAlchemy's reader differs on
    sockets and special characters."""

    async def connect() -> asyncpg.Connection:
        return await asyncpg.connect(dsn, timeout=CONNECT_WITHIN)

    engine = create_async_engine("postgresql+asyncpg://", async_creator=connect, poolclass=NullPool)
    try:
        async with engine.begin() as connection:
            return await connection.run_sync(work)
    except ValueError:  # asyncpg cannot read the DSN
        raise StoreUnavailable(BAD_DSN) from None
    except CommandError as error:  # alembic finds a revision that it does not know
        raise StoreUnavailable(
            f"The database was migrated by a newer ccgateway; this one does not know it ({error})"
        ) from error
    except (OSError, asyncpg.PostgresError, SQLAlchemyError) as error:
        reason = str(getattr(error, "orig", None) or error).partition("\n")[0]
        raise StoreUnavailable(f"The database cannot be migrated: {reason}") from error
    finally:
        await engine.dispose()


def _upgrade(connection: Connection) -> list[str]:
    _check_fitness(connection)
    connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": ADVISORY_LOCK})
    applied: list[str] = []
    config = Config()
    config.set_main_option("script_location", str(HOME).replace("%", "%%"))
    config.attributes.update(connection=connection, applied=applied)
    command.upgrade(config, "head")
    return applied


def _check_fitness(connection: Connection) -> None:
    """Raises StoreUnavailable for a server that is too old, and for a database that could not
    hold every caller's name."""
    version = connection.scalar(text("SHOW server_version_num"))
    if int(version) < OLDEST * 10_000:
        raise StoreUnavailable(f"PostgreSQL {OLDEST} or later is needed; this is {version}")
    encoding = connection.scalar(text("SHOW server_encoding"))
    if encoding != "UTF8":
        raise StoreUnavailable(f"The database must be in UTF8; this one is in {encoding}")


def _revision(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()
