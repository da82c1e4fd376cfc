"""Migrations: by DSN alone, twice, by two at once; and the schema holds what the code says."""

from __future__ import annotations

import asyncio
import re
import sys
from enum import StrEnum
from pathlib import Path
from urllib.parse import quote

import asyncpg
import pytest

from ccgateway.calls.call import (
    Direction,
    Disposition,
    EscalationEnd,
    Known,
    Mode,
    OfferEnd,
    Role,
    VisitEnd,
)
from ccgateway.errors import StoreUnavailable
from ccgateway.outbound.attempt import End, Stage
from ccgateway.postgres import revisions
from ccgateway.postgres.migrate import NEWEST, current, migrate, names
from ccgateway.postgres.pool import Pool, open_pool
from ccgateway.telephony.facts import Source

TWO_AT_ONCE = """
import asyncio, sys
from ccgateway.postgres.migrate import migrate
sys.stdin.read(1)
print(asyncio.run(migrate(sys.argv[1])))
"""


def name_of(dsn: str) -> str:
    return dsn.rpartition("/")[2].partition("?")[0]


async def test_twice_is_once(empty_dsn: str) -> None:
    assert await current(empty_dsn) is None
    assert await migrate(empty_dsn) == ["0001", "0002", "0003", "0004"]
    assert await migrate(empty_dsn) == []
    assert await current(empty_dsn) == NEWEST == (await names())[0]


async def test_two_processes_at_once_do_the_work_once(empty_dsn: str) -> None:
    pipe = asyncio.subprocess.PIPE
    both = [
        await asyncio.create_subprocess_exec(
            sys.executable, "-W", "error", "-c", TWO_AT_ONCE, empty_dsn, stdin=pipe, stdout=pipe
        )
        for _ in range(2)
    ]
    said = await asyncio.gather(*(process.communicate(b"x") for process in both))
    assert sorted(out for out, _ in said) == [b"['0001', '0002', '0003', '0004']\n", b"[]\n"]


async def test_two_tasks_at_once_do_the_work_once(empty_dsn: str) -> None:
    assert sorted(await asyncio.gather(migrate(empty_dsn), migrate(empty_dsn))) == [
        [],
        ["0001", "0002", "0003", "0004"],
    ]


async def test_a_migration_that_fails_leaves_nothing_behind(empty_dsn: str) -> None:
    connection = await asyncpg.connect(empty_dsn)
    await connection.execute("CREATE TABLE talks ()")  # in the way of the sixth table
    with pytest.raises(StoreUnavailable):
        await migrate(empty_dsn)
    tables = await connection.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    assert [row[0] for row in tables] == ["talks"]
    await connection.close()


async def test_a_database_of_a_newer_gateway_is_left_alone(dsn: str) -> None:
    connection = await asyncpg.connect(dsn)
    await connection.execute("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(StoreUnavailable, match=r"newer ccgateway.*9999"):
        await migrate(dsn)
    assert await current(dsn) == "9999"
    await connection.close()


async def test_a_database_that_takes_no_writes_is_told(empty_dsn: str) -> None:
    connection = await asyncpg.connect(empty_dsn)
    await connection.execute(
        f"ALTER DATABASE {name_of(empty_dsn)} SET default_transaction_read_only = on"
    )
    await connection.close()
    with pytest.raises(StoreUnavailable, match=r"cannot be migrated: .*read-only"):
        await migrate(empty_dsn)


async def test_a_database_that_cannot_hold_every_name_is_refused(empty_dsn: str) -> None:
    name = f"{name_of(empty_dsn)}_latin"
    connection = await asyncpg.connect(empty_dsn)
    await connection.execute(
        f"CREATE DATABASE {name} TEMPLATE template0 ENCODING 'LATIN1' LOCALE 'C'"
    )
    with pytest.raises(StoreUnavailable, match="UTF8"):
        await migrate(empty_dsn.replace(name_of(empty_dsn), name))
    await connection.execute(f"DROP DATABASE {name}")
    await connection.close()


async def test_a_server_that_is_too_old_is_refused(
    empty_dsn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(revisions, "OLDEST", 99)
    with pytest.raises(StoreUnavailable, match="PostgreSQL 99 or later"):
        await migrate(empty_dsn)


async def test_any_working_directory(
    empty_dsn: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert await migrate(empty_dsn) == ["0001", "0002", "0003", "0004"]


async def test_a_password_with_special_characters(empty_dsn: str) -> None:
    password = "p@ss/w:rd%20#?&é"
    connection = await asyncpg.connect(empty_dsn)
    await connection.execute(f"ALTER ROLE ccgateway PASSWORD '{password}'")
    given = re.sub(r":[0-9a-f]{48}@", f":{quote(password, safe='')}@", empty_dsn)
    original = re.findall(r":([0-9a-f]{48})@", empty_dsn)[0]
    try:
        assert await migrate(given) == ["0001", "0002", "0003", "0004"]
        with pytest.raises(StoreUnavailable):
            await open_pool(empty_dsn)  # proves that the password is asked for
    finally:
        await connection.execute(f"ALTER ROLE ccgateway PASSWORD '{original}'")
        await connection.close()


@pytest.mark.parametrize(
    "dsn", ["", "mysql://x:secret@h/d", "postgresql://x:sec#ret@h:1/d", "postgresql://x:s/ecret@h"]
)
async def test_a_dsn_that_is_none_is_refused_without_its_password(dsn: str) -> None:
    for ask in (migrate, current, open_pool):
        with pytest.raises(StoreUnavailable) as caught:
            await ask(dsn)
        assert "ecret" not in str(caught.value)


@pytest.mark.parametrize(
    ("table", "column", "words"),
    [
        ("facts", "source", Source),
        ("calls", "direction", Direction),
        ("calls", "disposition", Disposition),
        ("calls", "known", Known),
        ("legs", "role", Role),
        ("queue_visits", "outcome", VisitEnd),
        ("offers", "outcome", OfferEnd),
        ("holds", "by", Role),
        ("escalations", "mode", Mode),
        ("escalations", "outcome", EscalationEnd),
        ("attempts", "stage", Stage),
        ("attempts", "outcome", End),
    ],
)
async def test_the_schema_takes_every_word_of_the_code(
    pool: Pool, table: str, column: str, words: type[StrEnum]
) -> None:
    definition = await pool.fetchval(
        "SELECT pg_get_constraintdef(oid) FROM pg_constraint "
        "WHERE conrelid = $1::regclass AND conname = $2",
        *(table, f"{table}_{column}_check"),
    )
    assert set(re.findall(r"'(\w*)'", definition)) == {word.value for word in words}
