"""The table of tokens: made, listed and revoked by the command line, looked up by the web side."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import UTC, datetime

import asyncpg

from ccgateway.access.act import Act
from ccgateway.access.token import PREFIX, SECRET_BYTES, Token, digest
from ccgateway.access.who import Role, Scope
from ccgateway.errors import Refused
from ccgateway.postgres import audit
from ccgateway.postgres.pool import Connection, Pool, reaching
from ccgateway.postgres.sql import clean, query

ID_BYTES = 4
"""Random bytes of an id: people type it, and it opens nothing."""


async def create(
    pool: Pool, name: str, role: Role, scope: Scope, *, expires_at: datetime | None, by: str
) -> tuple[Token, str]:
    """A new token, and its secret, which nobody can find again. ``by``: who makes it, for the
    audit. Raises Refused where a good one has this name, StoreUnavailable."""
    secret = PREFIX + secrets.token_urlsafe(SECRET_BYTES)
    now = datetime.now(UTC)
    token = Token(secrets.token_hex(ID_BYTES), clean(name), role, scope, now, expires_at)
    values = (token.id, digest(secret), token.name, role.name.lower(), scope.agent)
    limits = map(sorted, (scope.clients, scope.services, scope.queues))
    try:
        with reaching():
            async with pool.acquire() as connection, connection.transaction():
                await connection.execute(query("new_token"), *values, *limits, now, expires_at)
                await _note(connection, "token create", token.id, by)
    except asyncpg.UniqueViolationError as error:
        raise Refused(
            f"there is a token named {name!r}: revoke it, or choose another name"
        ) from error
    return token, secret


async def list_tokens(pool: Pool, *, ended: bool = False) -> list[Token]:
    """The good tokens, by name; with those that have ``ended``. Raises StoreUnavailable."""
    with reaching():
        return [_token(row) for row in await pool.fetch(query("list_tokens"), ended)]


async def revoke(pool: Pool, named: str, by: str) -> str:
    """Revoke the token of this id or name; its id. Raises Refused where there is none,
    StoreUnavailable."""
    with reaching():
        async with pool.acquire() as connection, connection.transaction():
            found = await connection.fetch(query("revoke_token"), clean(named), datetime.now(UTC))
            for row in found:
                await _note(connection, "token revoke", row["id"], by)
    if not found:
        raise Refused(f"no good token {named!r}; `ccgateway token list` shows them")
    return str(found[0]["id"])


async def find(pool: Pool, key: bytes | str) -> Token | None:
    """The token by its secret's digest, or by its id, good or not. Raises StoreUnavailable."""
    by_digest, by_id = (key, None) if isinstance(key, bytes) else (None, clean(key))
    with reaching():
        row = await pool.fetchrow(query("find_token"), by_digest, by_id)
    return _token(row) if row else None


async def used(pool: Pool, uses: Mapping[str, datetime]) -> None:
    """When tokens (by id) were shown last. Raises StoreUnavailable."""
    with reaching():
        await pool.execute(query("tokens_used"), list(uses), list(uses.values()))


async def _note(connection: Connection, what: str, target: str, by: str) -> None:
    role = Role.ADMINISTRATOR.name.lower()
    act = Act(datetime.now(UTC), by, "", role, what, target, 200, "command line")
    await audit.write(connection, [act])


def _token(row: asyncpg.Record) -> Token:
    clients, services, queues = map(frozenset, (row["clients"], row["services"], row["queues"]))
    return Token(
        id=row["id"],
        name=row["name"],
        role=Role[row["role"].upper()],
        scope=Scope(clients, services, queues, row["agent"]),
        created_at=row["created_at"],
        expires_at=row["expires_at"],
        revoked_at=row["revoked_at"],
        used_at=row["used_at"],
    )
