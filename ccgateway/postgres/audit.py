"""The table of what was done over HTTP, and by the commands that change who may."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from ccgateway.access.act import Act
from ccgateway.postgres.pool import Connection, Pool, reaching
from ccgateway.postgres.sql import columns, query

AT_ONCE = 10_000
"""Acts deleted by one statement: a tenth of a second, in which callers' look-ups go on."""


async def write(connection: Connection | Pool, acts: Sequence[Act]) -> None:
    """Add acts, in order. Raises StoreUnavailable."""
    rows = [(a.at, a.who, a.token, a.role, a.what, a.target, a.status, a.address) for a in acts]
    with reaching():
        await connection.execute(query("put_audit"), *columns(rows))


async def forget(pool: Pool, before: datetime) -> int:
    """Delete the acts before then; how many they were. Raises StoreUnavailable."""
    gone = 0
    while True:
        with reaching():
            said = await pool.execute(query("drop_audit"), before, AT_ONCE)
        deleted = int(said.rpartition(" ")[2])  # "DELETE 7"
        gone += deleted
        if deleted < AT_ONCE:
            return gone


async def newest(
    pool: Pool, most: int, *, since: datetime | None = None, who: str = "", what: str = ""
) -> list[Act]:
    """The newest acts, newest first: ``since`` then, of a token's name or id, of a route or command
    ('' and None: of all). Raises StoreUnavailable."""
    with reaching():
        rows = await pool.fetch(query("list_audit"), most, since, who or None, what or None)
    return [Act(**row) for row in rows]
