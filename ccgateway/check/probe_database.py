"""Asks PostgreSQL what it is, and what we may do there."""

from __future__ import annotations

import asyncio
import time

from ccgateway.check.system import Database
from ccgateway.config import Config
from ccgateway.errors import StoreUnavailable
from ccgateway.postgres import embedded, migrate
from ccgateway.postgres.pool import in_time, open_pool

WITHIN = 15.0
"""Seconds for all of it."""

_ASK = """
SELECT current_database() AS name,
       current_user AS role,
       current_setting('server_version_num')::int AS version,
       current_setting('server_encoding') AS encoding,
       has_schema_privilege(coalesce(current_schema(), 'public'), 'CREATE') AS may_create,
       current_setting('max_connections')::int
         - current_setting('superuser_reserved_connections')::int
         - (SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend')::int
         AS free_connections,
       current_setting('fsync') = 'on' AS fsync,
       extract(epoch FROM clock_timestamp())::float8 AS now
"""


async def ask(config: Config) -> Database:
    """What it says; ``problem`` where it does not answer. An embedded one that does not run is not
    started."""
    dsn = config.database.dsn.get_secret_value()
    if not dsn:
        found = await asyncio.to_thread(embedded.find, config.gateway.state_dir / "postgres")
        if not found:
            why = "the embedded PostgreSQL does not run; the gateway starts it"
            return Database(unseen=why)
        dsn = found
    try:
        return await in_time(WITHIN, _asked(dsn))
    except StoreUnavailable as error:
        return Database(problem=str(error))


async def _asked(dsn: str) -> Database:
    pool = await open_pool(dsn)
    try:
        sent = time.time()
        row = await pool.fetchrow(_ASK)
        received = time.time()
    finally:
        await pool.close()
    if row is None:
        raise StoreUnavailable("PostgreSQL gives no answer")
    revisions = await migrate.names()
    return Database(
        name=row["name"],
        role=row["role"],
        version=row["version"],
        encoding=row["encoding"],
        revision=await migrate.current(dsn),
        newest=revisions[0],
        revisions=revisions,
        may_create=row["may_create"],
        free_connections=row["free_connections"],
        fsync=row["fsync"],
        offset=row["now"] - (sent + received) / 2,
    )
