"""Migrations of the schema, each in a thread of its own.

SQLAlchemy and alembic take half a second to import (``revisions`` does): only who migrates waits
for them, not every command.
"""

from __future__ import annotations

import asyncio
from pathlib import Path

HOME = Path(__file__).parent / "migrations"
OLDEST = 14  # the oldest PostgreSQL that is still maintained
FORMER = "0002"
"""The schema of the release before. It runs on ours, for what came since only adds; but it refuses
a revision that it has never heard of."""


async def migrate(dsn: str) -> list[str]:
    """Bring the schema up to date. Returns the revisions applied, oldest first (empty: none was
    missing). ``dsn`` is a postgresql:// URL as asyncpg reads it. Raises StoreUnavailable."""
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
