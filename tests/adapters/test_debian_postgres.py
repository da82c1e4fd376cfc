"""Debian's PostgreSQL 15 where it is not installed: the suite runs on it on any Debian 12."""

from __future__ import annotations

import asyncio
import subprocess
from pathlib import Path

import asyncpg
import pytest

from ccgateway.postgres.embedded import EmbeddedServer
from ccgateway.rig import debian_postgres
from ccgateway.rig.errors import RigError
from ccgateway.rig.progress import silent
from tests.adapters.conftest import open_copy


async def test_unpacked_from_its_packages_it_serves(home: Path) -> None:
    binaries = debian_postgres.ensure(silent, installed=home / "none")
    assert debian_postgres.INSTALLED not in binaries.parents
    server = await EmbeddedServer.start(
        home / "data", die_with_parent=True, binaries=open_copy(binaries, home), fast=True
    )
    connection = await asyncpg.connect(server.dsn)
    try:
        assert "Debian 15." in str(await connection.fetchval("SELECT version()"))
        assert await connection.fetchval("SELECT now() AT TIME ZONE 'Europe/Helsinki'")
    finally:
        await connection.close()
        await server.stop()


def test_its_tools_find_one_another(home: Path) -> None:
    binaries = debian_postgres.ensure(silent, installed=home / "none")
    told = subprocess.run(
        [binaries / "pg_ctl", "--version"], capture_output=True, text=True, check=True
    )
    assert told.stdout.startswith("pg_ctl (PostgreSQL) 15.")


@pytest.mark.long
async def test_two_starters_fetch_it_once(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(home / "cache"))
    steps: list[str] = []

    def ensure() -> Path:
        return debian_postgres.ensure(lambda step, _: steps.append(step), home / "none")

    one, other = await asyncio.gather(asyncio.to_thread(ensure), asyncio.to_thread(ensure))
    assert one == other
    assert len(steps) == 1
    assert [path.name for path in one.parents[1].glob("half-*")] == []


def test_a_machine_that_has_no_apt_is_told(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(home / "cache"))
    monkeypatch.setenv("PATH", str(home))
    with pytest.raises(RigError, match="no apt-get and no dpkg-deb"):
        debian_postgres.ensure(silent, installed=home / "none")
