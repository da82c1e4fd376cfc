"""The database for commands that look into it, whether a gateway runs or not."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from ccgateway.config import Config
from ccgateway.postgres import embedded
from ccgateway.postgres.pool import Pool, open_pool


@asynccontextmanager
async def database_of(config: Config) -> AsyncIterator[str]:
    """The DSN of the configured database. The embedded one is used where a gateway runs it, and
    started for the time of this command where none does. Raises StoreUnavailable."""
    dsn = config.database.dsn.get_secret_value()
    home = config.gateway.state_dir / "postgres"
    if not dsn:
        dsn = embedded.find(home) or ""
    if dsn:
        yield dsn
        return
    server = await embedded.EmbeddedServer.start(home, die_with_parent=True)
    try:
        yield server.dsn
    finally:
        await server.stop()


@asynccontextmanager
async def pool_of(config: Config) -> AsyncIterator[Pool]:
    """A pool on the configured database."""
    async with database_of(config) as dsn:
        pool = await open_pool(dsn)
        try:
            yield pool
        finally:
            await pool.close()
