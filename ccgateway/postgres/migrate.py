"""Migrations of the schema, each in a thread of its own.

SQLAlchemy and alembic take half a second to import (``revisions`` does), and some memory: only
where something is missing are they waited for; neither by commands, nor by each start.
"""

from __future__ import annotations

import asyncio
from pathlib import Path

import asyncpg

from ccgateway.errors import StoreUnavailable
from ccgateway.postgres.pool import CONNECT_WITHIN, GONE

HOME = Path(__file__).parent / "migrations"
OLDEST = 14  # the oldest PostgreSQL that is still maintained
NEWEST = "0004"
"""The schema of this release."""

FORMER = "0003"
"""The schema of the release before. It runs on ours, for what came since only adds; but it refuses
a revision that it has never heard of."""


async def migrate(dsn: str) -> list[str]:
    """Bring the schema up to date. Returns the revisions applied, oldest first (empty: none was
    missing). ``dsn`` is a postgresql:// URL as asyncpg reads it. Raises StoreUnavailable."""
    if await _is_newest(dsn):
        return []
    from ccgateway.postgres import revisions  # noqa: PLC0415 - the module says why

    return await asyncio.to_thread(revisions.upgrade, dsn)


async def step_back(dsn: str) -> list[str]:
    """Let the release before have the schema: it is called FORMER from now on, and keeps all that
    it has. Returns the revisions that were taken back, newest first (empty: none was there).
    ``migrate`` applies them again. Raises StoreUnavailable."""
    from ccgateway.postgres import revisions  # noqa: PLC0415 - the module says why

    return await asyncio.to_thread(revisions.step_back, dsn)


async def current(dsn: str) -> str | None:
    """The schema's revision, or None for an empty database. Raises StoreUnavailable."""
    from ccgateway.postgres import revisions  # noqa: PLC0415 - the module says why

    return await asyncio.to_thread(revisions.current, dsn)


async def names() -> tuple[str, ...]:
    """The revisions of this release, newest first."""
    from ccgateway.postgres import revisions  # noqa: PLC0415 - the module says why

    return await asyncio.to_thread(revisions.names)


_FIT = """
SELECT version_num FROM alembic_version
WHERE current_setting('server_encoding') = 'UTF8'
  AND current_setting('server_version_num')::int >= $1"""


async def _is_newest(dsn: str) -> bool:
    """Whether nothing is missing. Raises StoreUnavailable where PostgreSQL is away; whatever else
    is wrong ``revisions`` finds, too, and says."""
    try:
        connection = await asyncpg.connect(dsn, timeout=CONNECT_WITHIN)
        try:
            return bool(await connection.fetchval(_FIT, OLDEST * 10_000) == NEWEST)
        finally:
            await connection.close()
    except (asyncpg.PostgresError, ValueError):  # an empty database; a DSN that cannot be read
        return False
    except GONE as error:
        raise StoreUnavailable(
            f"The database cannot be migrated: {str(error) or 'no answer in time'}"
        ) from error
