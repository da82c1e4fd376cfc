"""Backup and restore on the PostgreSQLs that we meet: the wheel's, and Debian's 15 by DSN."""

from __future__ import annotations

import asyncio
import os
import re
import stat
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import asyncpg
import pytest

from ccgateway.errors import StoreUnavailable
from ccgateway.postgres import dump
from ccgateway.postgres.customers import list_customers, upsert
from ccgateway.postgres.migrate import current, migrate, step_back
from ccgateway.postgres.pool import open_pool


@pytest.fixture(autouse=True)
def client(binaries: Path | None, monkeypatch: pytest.MonkeyPatch) -> None:
    """The server's own version of pg_dump is on the PATH."""
    if binaries:
        monkeypatch.setenv("PATH", f"{binaries}:{os.environ['PATH']}")


async def add(dsn: str, name: str) -> None:
    async with await open_pool(dsn) as pool:
        await upsert(pool, "oilco", f"+3584011122{len(name):02d}", name)


async def names(dsn: str) -> list[str]:
    async with await open_pool(dsn) as pool:
        return [customer.name for customer in await list_customers(pool)]


async def execute(dsn: str, statement: str) -> None:
    connection = await asyncpg.connect(dsn)
    await connection.execute(statement)
    await connection.close()


async def test_what_was_there_is_there_again(dsn: str, tmp_path: Path) -> None:
    """And what came since is gone, also tables of days that the backup does not know."""
    file = tmp_path / "b.dump"
    await add(dsn, "Ирина; DROP TABLE")
    await dump.backup(dsn, file)
    await add(dsn, "later")
    await execute(
        dsn,
        "CREATE TABLE facts_20991231 PARTITION OF facts "
        "FOR VALUES FROM ('2099-12-31 00:00Z') TO ('2100-01-01 00:00Z')",
    )
    await dump.restore(dsn, file)
    assert await names(dsn) == ["Ирина; DROP TABLE"]
    await migrate(dsn)
    await add(dsn, "after")
    assert await names(dsn) == ["after", "Ирина; DROP TABLE"]


async def test_a_half_backup_that_is_there_opens_nothing(dsn: str, tmp_path: Path) -> None:
    """It is left by one that was killed; or made by somebody who wants to read along."""
    (tmp_path / "b.dump.half").symlink_to(tmp_path / "trap")
    (tmp_path / "trap").touch(mode=0o666)
    await dump.backup(dsn, tmp_path / "b.dump")
    assert (tmp_path / "trap").read_bytes() == b""
    assert stat.S_IMODE((tmp_path / "b.dump").lstat().st_mode) == 0o600


async def test_into_an_empty_database(dsn: str, empty_dsn: str, tmp_path: Path) -> None:
    """Another server, as after the loss of the machine."""
    await add(dsn, "Anna")
    await dump.backup(dsn, tmp_path / "b.dump")
    await dump.restore(empty_dsn, tmp_path / "b.dump")
    assert await names(empty_dsn) == ["Anna"]
    assert await migrate(empty_dsn) == []


async def test_what_is_no_backup_changes_nothing(dsn: str, tmp_path: Path) -> None:
    await add(dsn, "Anna")
    file = tmp_path / "b.dump"
    await dump.backup(dsn, file)
    whole = file.read_bytes()
    for bad in (b"", b"PGDMP", whole[: len(whole) // 2], b"-- no dump\n"):
        file.write_bytes(bad)
        with pytest.raises(StoreUnavailable, match="pg_restore failed"):
            await dump.restore(dsn, file)
        assert await names(dsn) == ["Anna"]


async def test_what_is_not_ours_stays(dsn: str, tmp_path: Path) -> None:
    """Somebody's reports, in a schema of their own."""
    await execute(dsn, "CREATE SCHEMA reports; CREATE TABLE reports.theirs (day date)")
    await dump.backup(dsn, tmp_path / "b.dump")
    await execute(dsn, "INSERT INTO reports.theirs VALUES ('2026-11-22')")
    await dump.restore(dsn, tmp_path / "b.dump")
    connection = await asyncpg.connect(dsn)
    assert await connection.fetchval("SELECT count(*) FROM reports.theirs") == 1
    await connection.close()


async def test_a_file_that_cannot_be_written(dsn: str, tmp_path: Path) -> None:
    with pytest.raises(StoreUnavailable, match="cannot be written: No such file"):
        await dump.backup(dsn, tmp_path / "missing" / "b.dump")


WAYS = [
    "postgresql://ccgateway:{password}@{host}:{port}{path}",
    "postgresql://ccgateway@{host}:{port}{path}?sslmode=disable&password={password}",
    "postgresql://{path}?host={host}&port={port}&user=ccgateway&password={password}",  # as sockets
]


@pytest.mark.parametrize("way", WAYS)
async def test_a_password_is_on_no_command_line(
    dsn: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    """With all that a URL must escape."""
    password = "p@ss/w:rd%20#?&é"
    lines = overheard(monkeypatch)
    await execute(dsn, f"ALTER ROLE ccgateway PASSWORD '{password}'")
    original = re.findall(r":([0-9a-f]{48})@", dsn)[0]
    escaped = quote(password, safe="")
    at = urlsplit(dsn)
    given = way.format(password=escaped, host=at.hostname, port=at.port, path=at.path)
    try:
        await dump.backup(given, tmp_path / "b.dump")
        assert (tmp_path / "b.dump").stat().st_mode & 0o777 == 0o600
        await dump.restore(given, tmp_path / "b.dump")
        with pytest.raises(StoreUnavailable, match="password"):
            await dump.backup(dsn, tmp_path / "c.dump")
    finally:
        await execute(given, f"ALTER ROLE ccgateway PASSWORD '{original}'")
    assert [Path(line[0]).name for line in lines] == ["pg_dump", "pg_restore", "psql"]
    secrets = {password, escaped, original}
    assert not [word for line in lines for word in line if any(s in word for s in secrets)]


def overheard(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, ...]]:
    """The command lines of all programs that are started from now on."""
    lines: list[tuple[str, ...]] = []
    start = asyncio.create_subprocess_exec

    async def started(*words: str, **options: Any) -> asyncio.subprocess.Process:
        lines.append(words)
        return await start(*words, **options)

    monkeypatch.setattr(asyncio, "create_subprocess_exec", started)
    return lines


async def test_no_tools_of_that_version(
    dsn: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dump, "_folders", lambda _: [tmp_path])
    with pytest.raises(StoreUnavailable, match=r"install postgresql-client-\d+"):
        await dump.backup(dsn, tmp_path / "b.dump")


async def test_the_step_back_takes_nothing_away(dsn: str) -> None:
    """And the way forward again finds it all."""
    await execute(
        dsn,
        "INSERT INTO audit (at, who, token, role, what, target, status, address) "
        "VALUES (now(), 'a', 'b', 'c', 'd', 'e', 200, 'f')",
    )
    assert await step_back(dsn) == ["0004"]
    assert await step_back(dsn) == []
    assert await current(dsn) == "0003"
    assert await migrate(dsn) == ["0004"]
    connection = await asyncpg.connect(dsn)
    assert await connection.fetchval("SELECT count(*) FROM audit") == 1
    await connection.close()


async def test_an_empty_database_has_no_step_back(empty_dsn: str) -> None:
    assert await step_back(empty_dsn) == []
    assert await current(empty_dsn) is None
