"""The server of our own: it starts, is adopted, ends with us, and leaves the machine alone."""

from __future__ import annotations

import asyncio
import json
import os
import pwd
import shutil
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import asyncpg
import psutil
import pytest

from ccgateway.errors import StoreUnavailable
from ccgateway.postgres import account
from ccgateway.postgres import binaries as programs
from ccgateway.postgres.embedded import EmbeddedServer, find

GATEWAY = """
import asyncio, json, sys
from pathlib import Path
from ccgateway.postgres import account
from ccgateway.postgres.embedded import EmbeddedServer

account._NAMESPACE = tuple(json.loads(sys.argv[4]))

async def main():
    given = Path(sys.argv[3]) if sys.argv[3] else None
    server = await EmbeddedServer.start(
        Path(sys.argv[1]), die_with_parent=sys.argv[2] == "dies", binaries=given, fast=True
    )
    print(server.pid, server.dsn, server.adopted, flush=True)
    await asyncio.sleep(600)

asyncio.run(main())
"""

FIND = """
import sys
from pathlib import Path
from ccgateway.postgres.embedded import find

print(find(Path(sys.argv[1])))
"""


in_both_modes = pytest.mark.parametrize("mode", ["usual", "nobody"], indirect=True)
"""Also as root where user namespaces are blocked."""

later_in_both = pytest.mark.parametrize(
    "mode", ["usual", pytest.param("nobody", marks=pytest.mark.long)], indirect=True
)
"""The same, but in the long run only: what the mode has little to do with."""


@pytest.fixture
def mode(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    mode: str = getattr(request, "param", "usual")
    if mode == "nobody":
        if os.geteuid() != 0:
            pytest.skip("only root becomes nobody")
        monkeypatch.setattr(account, "_NAMESPACE", ("no-such-unshare",))
    account.current.cache_clear()
    yield mode
    account.current.cache_clear()


@pytest.fixture
async def data_dir(home: Path, binaries: Path | None, mode: str) -> AsyncIterator[Path]:
    """A data folder; whatever runs in it at the end is stopped."""
    assert mode
    data_dir = home / "state" / "postgres"
    yield data_dir
    if find(data_dir):
        await (await start(data_dir, binaries)).stop()


async def start(
    data_dir: Path, binaries: Path | None, *, die_with_parent: bool = False
) -> EmbeddedServer:
    return await EmbeddedServer.start(
        data_dir, die_with_parent=die_with_parent, binaries=binaries, fast=True
    )


def gateway(data_dir: Path, binaries: Path | None, how: str) -> subprocess.Popen[str]:
    """A process that starts the server as a gateway does."""
    ours = json.dumps(account._NAMESPACE)  # noqa: SLF001 - the mode of this test is in force there
    return subprocess.Popen(
        [sys.executable, "-c", GATEWAY, *map(str, (data_dir, how, binaries or "")), ours],
        stdout=subprocess.PIPE,
        text=True,
    )


def hello(process: subprocess.Popen[str]) -> tuple[int, str, str]:
    assert process.stdout is not None
    pid, dsn, adopted = process.stdout.readline().split()
    return int(pid), dsn, adopted


USUAL = account._NAMESPACE  # noqa: SLF001 - what a test takes away, another gives back


def kill(process: subprocess.Popen[str]) -> None:
    process.kill()
    process.communicate()


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not condition():  # noqa: ASYNC110 - another process gives no event
            await asyncio.sleep(0.01)


async def ask(dsn: str, question: str) -> object:
    connection = await asyncpg.connect(dsn)
    try:
        return await connection.fetchval(question)
    finally:
        await connection.close()


@in_both_modes
async def test_it_takes_only_its_role_over_loopback(data_dir: Path, binaries: Path | None) -> None:
    server = await start(data_dir, binaries)
    assert await ask(server.dsn, "SHOW listen_addresses") == "127.0.0.1"
    assert await ask(server.dsn, "SELECT current_user || current_database()") == "ccgateway" * 2
    assert await ask(server.dsn, "SHOW is_superuser") == "off"
    password = server.dsn.split(":")[2].split("@")[0]
    for wrong in (
        server.dsn.replace(password, "wrong"),
        server.dsn.replace("//ccgateway:", "//postgres:"),
    ):
        with pytest.raises(asyncpg.PostgresError):
            await asyncpg.connect(wrong)
    assert data_dir.with_name("postgres.access").stat().st_mode & 0o777 == 0o600
    assert find(data_dir) == server.dsn
    await server.stop()
    assert find(data_dir) is None
    assert gone(server.pid)


async def test_safe_by_default(data_dir: Path, binaries: Path | None) -> None:
    server = await EmbeddedServer.start(data_dir, die_with_parent=True, binaries=binaries)
    for setting in ("fsync", "full_page_writes", "synchronous_commit"):
        assert await ask(server.dsn, f"SHOW {setting}") == "on"
    await server.stop()


@later_in_both
async def test_the_same_data_and_port_after_a_restart(
    data_dir: Path, binaries: Path | None
) -> None:
    first = await start(data_dir, binaries)
    await ask(first.dsn, "CREATE TABLE kept AS SELECT 1 AS one")
    await first.stop()
    second = await start(data_dir, binaries)
    assert second.dsn == first.dsn
    assert await ask(second.dsn, "SELECT one FROM kept") == 1
    await second.stop()


async def test_a_port_that_was_taken_meanwhile(data_dir: Path, binaries: Path | None) -> None:
    first = await start(data_dir, binaries)
    await first.stop()
    port = int(first.dsn.rpartition(":")[2].split("/")[0])
    thief = await asyncio.start_server(lambda _r, w: w.close(), "127.0.0.1", port)
    second = await start(data_dir, binaries)
    assert second.dsn != first.dsn
    await second.stop()
    thief.close()


@in_both_modes
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
async def test_it_ends_with_its_parent(
    data_dir: Path, binaries: Path | None, number: signal.Signals
) -> None:
    process = gateway(data_dir, binaries, "dies")
    pid, _, _ = hello(process)
    process.send_signal(number)
    process.communicate()
    await until(lambda: gone(pid))


@later_in_both
async def test_the_next_start_waits_for_one_that_dies_with_its_parent(
    data_dir: Path, binaries: Path | None
) -> None:
    process = gateway(data_dir, binaries, "dies")
    pid, dsn, _ = hello(process)
    talking = await asyncpg.connect(dsn)
    kill(process)
    server = await start(data_dir, binaries, die_with_parent=True)
    assert not server.adopted
    assert server.pid != pid
    assert await ask(server.dsn, "SELECT 1") == 1
    talking.terminate()
    await server.stop()


@later_in_both
async def test_a_crashed_gateways_server_is_adopted_and_stopped(
    data_dir: Path, binaries: Path | None
) -> None:
    process = gateway(data_dir, binaries, "stays")
    pid, dsn, _ = hello(process)
    kill(process)
    server = await start(data_dir, binaries)
    assert (server.adopted, server.pid, server.dsn) == (True, pid, dsn)
    await server.stop()
    assert gone(pid)


async def test_one_that_is_shutting_down_is_waited_for(
    data_dir: Path, binaries: Path | None
) -> None:
    first = await start(data_dir, binaries)
    talking = await asyncpg.connect(first.dsn)
    os.kill(first.pid, signal.SIGTERM)  # a smart shutdown waits for the client
    await until(lambda: find(data_dir) is None)
    starting = asyncio.create_task(start(data_dir, binaries))
    done, _ = await asyncio.wait([starting], timeout=0.5)
    assert not done
    await talking.close()
    second = await starting
    assert not second.adopted
    await first.stop()  # reaps it; it is gone already
    await second.stop()


@later_in_both
async def test_a_stale_pid_file_whose_pid_is_another_programs(
    data_dir: Path, binaries: Path | None
) -> None:
    first = await start(data_dir, binaries)
    stale = (data_dir / "postmaster.pid").read_text()
    await first.stop()
    (data_dir / "postmaster.pid").write_text(stale.replace(str(first.pid), str(os.getpid()), 1))
    second = await start(data_dir, binaries)
    assert not second.adopted
    await second.stop()


@later_in_both
async def test_after_a_kill_it_recovers(data_dir: Path, binaries: Path | None) -> None:
    first = await start(data_dir, binaries)
    await ask(first.dsn, "CREATE TABLE kept AS SELECT 1 AS one")
    os.kill(first.pid, signal.SIGKILL)
    second = await start(data_dir, binaries)
    assert not second.adopted
    assert await ask(second.dsn, "SELECT one FROM kept") == 1
    await first.stop()  # reaps it
    await second.stop()


@later_in_both
async def test_two_starters_at_once_get_one_server(data_dir: Path, binaries: Path | None) -> None:
    both = [gateway(data_dir, binaries, "stays") for _ in range(2)]
    said = [hello(process) for process in both]
    assert len({(pid, dsn) for pid, dsn, _ in said}) == 1
    assert sorted(adopted for _, _, adopted in said) == ["False", "True"]
    for process in both:
        kill(process)


async def test_a_first_start_that_was_killed_leaves_no_half_database(
    data_dir: Path, binaries: Path | None
) -> None:
    half = data_dir.with_name("postgres.making")
    half.mkdir(parents=True)
    (half / "PG_VERSION").write_text("18\n")
    server = await start(data_dir, binaries)
    assert await ask(server.dsn, "SELECT 1") == 1
    assert not half.exists()
    await server.stop()


@in_both_modes
async def test_a_lost_password_is_made_anew(data_dir: Path, binaries: Path | None) -> None:
    first = await start(data_dir, binaries)
    await first.stop()
    data_dir.with_name("postgres.access").unlink()
    second = await start(data_dir, binaries)
    assert second.dsn != first.dsn
    assert await ask(second.dsn, "SELECT 1") == 1
    await second.stop()


async def test_a_folder_with_other_files_is_left_alone(
    data_dir: Path, binaries: Path | None
) -> None:
    thesis = data_dir / "thesis.txt"
    os.makedirs(data_dir)  # noqa: PTH103 - pathlib's is taken for blocking in async code
    thesis.write_text("precious")
    with pytest.raises(StoreUnavailable, match="no database"):
        await start(data_dir, binaries)
    assert os.listdir(data_dir) == ["thesis.txt"]  # noqa: PTH208 - the same


async def test_data_of_a_version_that_is_not_here(data_dir: Path, binaries: Path | None) -> None:
    await (await start(data_dir, binaries)).stop()
    (data_dir / "PG_VERSION").write_text("12\n")
    with pytest.raises(StoreUnavailable, match="PostgreSQL 12"):
        await start(data_dir, binaries)


async def test_a_start_that_fails_tells_why(data_dir: Path, binaries: Path | None) -> None:
    await (await start(data_dir, binaries)).stop()
    (data_dir / "postgresql.conf").write_text("shared_buffers = nonsense\n")
    with pytest.raises(StoreUnavailable, match="configuration file"):
        await start(data_dir, binaries)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has files of others")
def test_a_service_s_data_stays_its_user_s(tmp_path: Path) -> None:
    """Root types a command while the service is stopped, which must be able to start again."""
    os.chown(tmp_path, 54321, 54321)
    with pytest.raises(StoreUnavailable, match=r"belongs to 54321.*runuser -u 54321"):
        account.current().own(tmp_path)
    assert tmp_path.stat().st_uid == 54321


@in_both_modes
async def test_no_folder_of_others_changes_owner_or_mode(
    data_dir: Path, binaries: Path | None
) -> None:
    data_dir.parent.mkdir(mode=0o711)
    parents = list(data_dir.parents)
    before = {path: owner_and_mode(path) for path in parents}
    users = [user.pw_name for user in pwd.getpwall()]
    server = await start(data_dir, binaries)
    await server.stop()
    assert {path: owner_and_mode(path) for path in parents} == before
    assert [user.pw_name for user in pwd.getpwall()] == users
    for folder, _, files in os.walk(data_dir):
        for path in (Path(folder), *(Path(folder, name) for name in files)):
            uid, _, mode = owner_and_mode(path)
            assert (uid, mode & 0o077) == (account.current().uid, 0), path


async def test_root_that_can_become_nobody_else_is_told(
    data_dir: Path, binaries: Path | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing(name: str) -> pwd.struct_passwd:
        raise KeyError(name)

    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(account, "_NAMESPACE", ("no-such-unshare",))
    monkeypatch.setattr(pwd, "getpwnam", missing)
    with pytest.raises(StoreUnavailable, match=r"ordinary user.*dsn under \[database\]"):
        await start(data_dir, binaries)


@pytest.mark.parametrize("mode", ["nobody"], indirect=True)
class TestAsNobody:
    async def test_a_closed_folder_is_named(self, data_dir: Path, binaries: Path | None) -> None:
        data_dir.parent.mkdir(mode=0o700)
        with pytest.raises(StoreUnavailable, match=rf"enter {data_dir.parent}\. Set state_dir"):
            await start(data_dir, binaries)
        assert data_dir.parent.stat().st_mode & 0o777 == 0o700

    async def test_data_of_the_other_mode_is_taken_over(
        self, data_dir: Path, binaries: Path | None, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        server = await start(data_dir, binaries)
        await ask(server.dsn, "CREATE TABLE kept AS SELECT 1 AS one")
        await server.stop()
        nobody = account._NAMESPACE  # noqa: SLF001 - the other mode is to be in force for a while
        for words in (USUAL, nobody):
            monkeypatch.setattr(account, "_NAMESPACE", words)
            account.current.cache_clear()
            server = await start(data_dir, binaries)
            assert await ask(server.dsn, "SELECT one FROM kept") == 1
            await server.stop()
            assert owner_and_mode(data_dir)[0] == account.current().uid

    async def test_root_without_the_right_to_look_into_processes_finds_it(
        self, data_dir: Path, binaries: Path | None
    ) -> None:
        server = await start(data_dir, binaries)
        found = await asyncio.create_subprocess_exec(
            *("setpriv", "--bounding-set=-sys_ptrace", "--inh-caps=-sys_ptrace"),  # as in Docker
            *(sys.executable, "-c", FIND, str(data_dir)),
            stdout=subprocess.PIPE,
        )
        said, _ = await found.communicate()
        assert said.decode().strip() == server.dsn
        await server.stop()

    async def test_programs_it_cannot_reach_are_copied_once(
        self, data_dir: Path, home: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(programs, "COPIES", home / "copies")
        closed = home / "closed"
        wheel = programs.bundled()[0].parents[1]
        binaries = closed / wheel.name / "pginstall" / "bin"
        shutil.copytree(programs.bundled()[0].parent, binaries.parent)
        shutil.copytree(wheel.with_name(f"{wheel.name}.libs"), closed / f"{wheel.name}.libs")
        for path in closed.rglob("*"):
            path.chmod(path.stat().st_mode & 0o700)  # as a umask of 077 leaves them
        closed.chmod(0o700)
        made: set[tuple[str, int]] = set()
        for _ in range(2):
            server = await start(data_dir, binaries)
            words = psutil.Process(server.pid).cmdline()
            await server.stop()
            made |= {(path.name, path.stat().st_ino) for path in (home / "copies").iterdir()}
            assert any(words[0].startswith(str(home / "copies" / name)) for name, _ in made)
        assert len(made) == 1


def gone(pid: int) -> bool:
    """Whether a process is over (whoever has, or has not yet, taken note of its end)."""
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def owner_and_mode(path: Path) -> tuple[int, int, int]:
    found = path.lstat()
    return (found.st_uid, found.st_gid, found.st_mode)
