"""Our own customer table: who calls, by client and E.164 number."""

from __future__ import annotations

import asyncpg

from ccgateway.config import words
from ccgateway.customers.customer import Customer
from ccgateway.errors import Refused
from ccgateway.postgres.pool import Pool, is_bad_data, reaching, reason_of
from ccgateway.postgres.sql import clean, query


async def find(pool: Pool, client: str, number: str) -> Customer | None:
    """The customer of ``client`` with this E.164 number, or None. Raises StoreUnavailable."""
    with reaching():
        row = await pool.fetchrow(query("find_customer"), clean(client), clean(number))
    return Customer(**row) if row else None


async def list_customers(pool: Pool, client: str | None = None) -> list[Customer]:
    """The customers of one client, or of all, by name. Raises StoreUnavailable."""
    with reaching():
        return [Customer(**row) for row in await pool.fetch(query("list_customers"), client)]


async def upsert(
    pool: Pool,
    client: str,
    number: str,
    name: str,
    *,
    language: str = "",
    priority: int = 0,
    blocked: bool = False,
) -> Customer:
    """Add a customer, or change the one with this client and number. Raises Refused where the
    number is not E.164 (``+`` and 2 to 15 digits), the language ('' where it is not known) is not
    one as the TOML's services have it, or a value is out of range; StoreUnavailable."""
    values = (clean(client), clean(number), clean(name), clean(language), priority, blocked)
    try:
        if language:
            words.language(language)
    except ValueError as error:
        raise Refused(f"The customer's language must be {error}, not {language!r}") from error
    try:
        with reaching():
            row = await pool.fetchrow(query("upsert_customer"), *values)
    except (asyncpg.PostgresError, ValueError) as error:
        if not is_bad_data(error):
            raise
        raise Refused(f"The customer cannot be stored: {reason_of(error)}") from error
    assert row is not None  # noqa: S101 - INSERT ... RETURNING gives the row
    return Customer(**row)
