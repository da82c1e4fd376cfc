"""The tables of tokens and of what was done."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import asyncpg
import pytest

from ccgateway.access.act import Act
from ccgateway.access.token import digest
from ccgateway.access.who import Role, Scope
from ccgateway.errors import Refused, StoreUnavailable
from ccgateway.postgres import access, audit, tokens
from ccgateway.postgres.access import AccessStore
from ccgateway.postgres.pool import Pool, open_pool
from ccgateway.rig.waiting import until

SCOPE = Scope(frozenset(["oilco"]), frozenset(["hotline"]), frozenset(["a", "b"]), "101")
NOW = datetime(2026, 11, 23, 8, tzinfo=UTC)
WITHIN = 20.0


@pytest.fixture
async def store(pool: Pool, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[AccessStore]:
    """One that writes at once."""
    monkeypatch.setattr(access, "EVERY", 0.01)
    monkeypatch.setattr(access, "USES_EVERY", 0.0)
    made = AccessStore(pool)
    running = asyncio.create_task(made.run())
    yield made
    running.cancel()


def act(number: int, **values: object) -> Act:
    at = NOW + timedelta(seconds=number)
    given = {"who": "Anna", "token": "1f", "role": "agent", "what": "note", "target": str(number)}
    return Act(at=at, status=200, address="127.0.0.1", **{**given, **values})  # type: ignore[arg-type] # texts


async def test_a_token_is_found_by_its_secret_and_its_id(pool: Pool, store: AccessStore) -> None:
    ends = datetime.now(UTC) + timedelta(days=90)
    made, secret = await tokens.create(
        pool, "Anna's", Role.SUPERVISOR, SCOPE, expires_at=ends, by="root"
    )
    assert re.fullmatch(r"ccg_[A-Za-z0-9_-]{43}", secret)
    assert await store.by_digest(digest(secret)) == made
    assert await store.by_id(made.id) == made
    assert await store.by_digest(digest("ccg_other")) is None
    assert await store.by_id("") is None
    assert await store.by_id("a\0b\udcff") is None
    assert (made.scope, made.expires_at, made.role) == (SCOPE, ends, Role.SUPERVISOR)


async def test_the_secret_is_stored_nowhere(pool: Pool) -> None:
    _, secret = await tokens.create(pool, "x", Role.AGENT, SCOPE, expires_at=None, by="root")
    rows = await pool.fetch("SELECT t::text FROM tokens t UNION SELECT a::text FROM audit a")
    assert len(rows) == 2
    assert not any(secret in row[0] or secret.encode().hex() in row[0] for row in rows)


async def test_a_database_that_was_never_migrated_is_told(empty_dsn: str) -> None:
    async with await open_pool(empty_dsn) as pool:
        with pytest.raises(StoreUnavailable, match="ccgateway migrate"):
            await tokens.list_tokens(pool)


async def test_a_revoked_one_is_bad_and_frees_its_name(pool: Pool, store: AccessStore) -> None:
    async def create() -> str:
        role = Role.SUPERVISOR
        made, _ = await tokens.create(pool, "wall", role, Scope(), expires_at=None, by="root")
        return made.id

    first = await create()
    with pytest.raises(Refused, match=r"'wall'.*revoke it"):
        await create()
    assert await tokens.revoke(pool, "wall", "root") == first
    found = await store.by_id(first)
    assert found is not None
    assert not found.is_good(datetime.now(UTC))
    second = await create()
    assert await tokens.revoke(pool, second, "root") == second
    with pytest.raises(Refused, match="token list"):
        await tokens.revoke(pool, second, "root")
    assert await tokens.list_tokens(pool) == []
    assert {token.id for token in await tokens.list_tokens(pool, ended=True)} == {first, second}
    told = [(done.what, done.target, done.who) for done in await audit.newest(pool, 10)]
    assert told == [
        ("token revoke", second, "root"),
        ("token create", second, "root"),
        ("token revoke", first, "root"),
        ("token create", first, "root"),
    ]


async def test_the_schema_takes_every_role(pool: Pool) -> None:
    for role in Role:
        await tokens.create(pool, role.name, role, SCOPE, expires_at=None, by="root")
    with pytest.raises(asyncpg.CheckViolationError):
        await tokens.create(pool, "nobody's", Role.AGENT, Scope(), expires_at=None, by="root")


async def test_when_a_token_was_used_is_written_and_never_goes_back(
    pool: Pool, store: AccessStore
) -> None:
    made, _ = await tokens.create(pool, "x", Role.AGENT, SCOPE, expires_at=None, by="root")
    for at in (NOW, NOW - timedelta(days=1)):
        store.used(made.id, at)
        store.used("gone", at)
        store.put(act(0))
        await until_written(pool, store)
        [listed] = await tokens.list_tokens(pool)
        assert listed.used_at == NOW


async def test_acts_are_written_in_order(pool: Pool, store: AccessStore) -> None:
    acts = [
        act(0),
        act(1, target="x\0\udcff"),
        act(2, who="Nils", token="2f"),
        act(3, what="agent"),
    ]
    for one in acts:
        store.put(one)
    await until_written(pool, store)
    newest = await audit.newest(pool, 10)
    assert [done.target for done in newest] == ["3", "2", "x\ufffd\ufffd", "0"]
    assert newest[0] == acts[3]
    assert await audit.newest(pool, 1) == newest[:1]
    assert await audit.newest(pool, 10, who="Nils") == await audit.newest(pool, 10, who="2f")
    assert await audit.newest(pool, 10, what="agent") == newest[:1]
    assert await audit.newest(pool, 10, since=NOW + timedelta(seconds=2)) == newest[:2]


async def test_old_acts_leave_the_audit(pool: Pool, monkeypatch: pytest.MonkeyPatch) -> None:
    """At the start, and so each day; also where they are more than one statement takes."""
    monkeypatch.setattr(access, "EVERY", 0.01)
    monkeypatch.setattr(audit, "AT_ONCE", 2)
    now = datetime.now(UTC)
    ages = [timedelta(days=401), timedelta(days=500), timedelta(days=9000), timedelta(days=399)]
    acts = [replace(act(n), at=now - age) for n, age in enumerate([*ages, timedelta(0)])]
    await audit.write(pool, acts)
    running = asyncio.create_task(AccessStore(pool, keep=timedelta(days=400)).run())
    try:
        async with asyncio.timeout(WITHIN):
            await until(lambda: _kept(pool, 2), "old acts are gone")
    finally:
        running.cancel()
    assert {done.target for done in await audit.newest(pool, 10)} == {"3", "4"}


async def _kept(pool: Pool, acts: int) -> bool:
    return len(await audit.newest(pool, 10)) == acts


async def test_nothing_leaves_it_where_nobody_says_when(pool: Pool, store: AccessStore) -> None:
    await audit.write(pool, [replace(act(1), at=datetime(1990, 1, 1, tzinfo=UTC))])
    store.put(act(2))
    await until_written(pool, store)
    assert await _kept(pool, 2)


async def test_what_was_done_while_postgres_was_away_is_written_later(
    dsn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = audit.write
    away, tried = True, 0

    async def written(pool: Pool, acts: list[Act]) -> None:
        nonlocal tried
        tried += 1
        if away:
            raise StoreUnavailable
        await write(pool, acts)

    monkeypatch.setattr(access, "EVERY", 0.01)
    monkeypatch.setattr(audit, "write", written)
    async with await open_pool(dsn) as pool:
        store = AccessStore(pool)
        running = asyncio.create_task(store.run())
        for number in range(3):
            store.put(act(number))
        await until(lambda: tried >= 3, "attempts to write")
        assert store.waiting == 3
        away = False
        await until_written(pool, store)
        assert [done.target for done in await audit.newest(pool, 10)] == ["2", "1", "0"]
        running.cancel()
        store.put(act(3))
        await store.stop()
        assert (await audit.newest(pool, 1))[0].target == "3"


async def until_written(pool: Pool, store: AccessStore) -> None:
    """All acts that were put are in the table, and the tokens' uses that were told before them."""
    async with asyncio.timeout(WITHIN):
        while store.waiting:  # noqa: ASYNC110 - what is awaited is another task's writing
            await asyncio.sleep(0.01)
