"""What is asked over HTTP, and what callers are called, on its way to a real PostgreSQL."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping

import aiohttp
import pytest

from ccgateway.engine.history import CallHistory
from ccgateway.errors import UnknownCall
from ccgateway.postgres import audit, customers, tokens
from ccgateway.postgres.pool import Pool, open_pool
from ccgateway.postgres.record import PostgresRecord
from tests.adapters.served import Served
from tests.adapters.unasked import Unasked
from tests.hostile.texts import INJECTIONS

TABLES = "SELECT string_agg(relname, ' ' ORDER BY relname) FROM pg_class WHERE relkind IN ('r','p')"


class NothingLive(Unasked):
    """All is asked of the record."""

    def story(self, call: str) -> Mapping[str, object]:
        raise UnknownCall(f"no call {call!r}")


@pytest.fixture
async def pool(dsn: str) -> AsyncIterator[Pool]:
    async with await open_pool(dsn) as pool:
        yield pool


@pytest.fixture
async def http(pool: Pool) -> AsyncIterator[aiohttp.ClientSession]:
    history = CallHistory(PostgresRecord(pool))
    async with Served(NothingLive(), history=history) as served, served.client() as session:
        yield session


@pytest.mark.parametrize("kind", INJECTIONS)
async def test_a_filter_is_a_value(pool: Pool, http: aiohttp.ClientSession, kind: str) -> None:
    before, text = await pool.fetchval(TABLES), INJECTIONS[kind]
    for name in ("client", "service", "queue", "agent", "number", "case", "from", "cursor"):
        async with http.get("/api/calls", params={name: text[:40]}) as response:
            told = await response.json()
            assert response.status in (200, 400), told
            assert told.get("calls", []) == []
    async with http.get(f"/api/calls/{text[:60]!r}") as response:
        assert response.status in (400, 404)
    assert await pool.fetchval(TABLES) == before


@pytest.mark.parametrize("kind", INJECTIONS)
async def test_a_look_up_is_a_value(pool: Pool, kind: str) -> None:
    before, text = await pool.fetchval(TABLES), INJECTIONS[kind]
    assert await customers.find(pool, text, text) is None
    assert await customers.list_customers(pool, text) == []
    assert await audit.newest(pool, 10, who=text, what=text) == []
    assert await tokens.find(pool, text) is None
    assert await pool.fetchval(TABLES) == before


async def test_what_would_be_found_is_found(pool: Pool) -> None:
    """A name with quotes is stored and found as it is."""
    name = "'" + INJECTIONS["sql"]
    await customers.upsert(pool, "oilco", "+358401112227", name)
    found = await customers.find(pool, "oilco", "+358401112227")
    assert found is not None
    assert found.name == name
