"""The revisions of the schema, by alembic on asyncpg and by DSN alone (no alembic.ini, no working
directory).

SQLAlchemy is used here only. A run is one transaction under an advisory lock: two at once do the
work once, and one that is killed leaves nothing behind. Each is done in a loop of its own, and one
at a time: alembic blocks, and its state is global to the process.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from threading import Lock
from typing import TypeVar

import asyncpg
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Connection, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from ccgateway.errors import StoreUnavailable
from ccgateway.postgres.migrate import FORMER, HOME, OLDEST
from ccgateway.postgres.pool import BAD_DSN, GONE

ADVISORY_LOCK = 0x63636777  # "ccgw": the lock's key; each database has its own
CONNECT_WITHIN = 10.0  # seconds

_one_at_a_time = Lock()
_T = TypeVar("_T")


def upgrade(dsn: str) -> list[str]:
    """``migrate``."""
    return _in_own_loop(dsn, _upgrade)


def step_back(dsn: str) -> list[str]:
    """``step_back``."""
    return _in_own_loop(dsn, _step_back)


def current(dsn: str) -> str | None:
    """``current``."""
    return _in_own_loop(dsn, _revision)


def names() -> tuple[str, ...]:
    """``names``."""
    script = ScriptDirectory(str(HOME))
    return tuple(found.revision for found in script.walk_revisions())


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
    except (asyncpg.PostgresError, SQLAlchemyError, *GONE) as error:
        reason = str(getattr(error, "orig", None) or error).partition("\n")[0]
        raise StoreUnavailable(f"The database cannot be migrated: {reason}") from error
    finally:
        await engine.dispose()


def _upgrade(connection: Connection) -> list[str]:
    _check_fitness(connection)
    config = _config(connection)
    command.upgrade(config, "head")
    applied: list[str] = config.attributes["applied"]
    return applied


def _step_back(connection: Connection) -> list[str]:
    config = _config(connection)
    if (_revision(connection) or "") > FORMER:
        command.downgrade(config, FORMER)
    taken: list[str] = config.attributes["applied"]
    return taken


def _config(connection: Connection) -> Config:
    """Of a run that nobody else does at the same time."""
    connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": ADVISORY_LOCK})
    config = Config()
    config.set_main_option("script_location", str(HOME).replace("%", "%%"))
    config.attributes.update(connection=connection, applied=[])
    return config


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
