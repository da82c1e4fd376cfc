"""The gateway starts, or says in one line why not; and it ends soon, whatever is frozen."""

from __future__ import annotations

import asyncio
import json
import socket
import stat
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import typer

from ccgateway.cli.common import command
from ccgateway.errors import PbxUnavailable, Refused, StoreUnavailable
from ccgateway.postgres import embedded
from ccgateway.postgres.embedded import EmbeddedServer
from ccgateway.rig.fake_pbx import FakePbx, mute
from ccgateway.rig.proxy import Proxy
from tests.adapters.gateway_process import Gateway

STOPS_WITHIN = 3.0  # seconds from SIGTERM


@pytest.fixture
async def gateway(home: Path) -> AsyncIterator[Gateway]:
    """A gateway, to be started; its embedded PostgreSQL, which outlives it, is stopped."""
    gateway = Gateway(home)
    yield gateway
    gateway.kill()
    data = gateway.state_dir / "postgres"
    if embedded.find(data):
        await (await EmbeddedServer.start(data, die_with_parent=False)).stop()


@pytest.fixture
def second(gateway: Gateway) -> Iterator[Gateway]:
    """Another gateway, with the same state folder."""
    folder = gateway.folder / "second"
    folder.mkdir()
    second = Gateway(folder)
    second.state_dir = gateway.state_dir
    yield second
    second.kill()


@pytest.fixture
def taken() -> Iterator[int]:
    """A port on which another program listens."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        yield other.getsockname()[1]


@pytest.fixture
def closed() -> Iterator[int]:
    """A port that refuses, and that only who asks for it can have."""
    with socket.socket() as holder:
        holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        holder.bind(("127.0.0.1", 0))
        yield holder.getsockname()[1]


def away(port: int) -> str:
    return f"postgresql://ccgateway:pa55word@127.0.0.1:{port}/ccgateway"


async def stopped_in_time(gateway: Gateway) -> bool:
    code, seconds = await gateway.terminated()
    assert code == 0, gateway.lines()
    return seconds < STOPS_WITHIN


# -- it cannot start


async def test_postgresql_is_not_there(gateway: Gateway, closed: int) -> None:
    gateway.dsn, gateway.level = away(closed), "error"
    gateway.start(impatient=True)
    code, _ = await gateway.ended()
    [line] = gateway.lines()
    assert code == 4
    assert line.startswith("PostgreSQL was not there within 1 s (")
    assert str(closed) in line
    assert line.endswith("start it, or correct dsn under [database]")
    assert "pa55word" not in line


async def test_postgresql_does_not_let_us_in_and_is_not_waited_for(
    gateway: Gateway, dsn: str
) -> None:
    gateway.dsn, gateway.level = dsn.replace("//ccgateway:", "//ccgateway:not-"), "error"
    gateway.start()
    code, seconds = await gateway.ended()
    [line] = gateway.lines()
    assert code == 4
    assert "password authentication failed" in line
    assert seconds < 30  # half of the minute


@pytest.mark.parametrize("table", ["agi", "http"])
async def test_a_port_is_taken(gateway: Gateway, dsn: str, taken: int, table: str) -> None:
    setattr(gateway, f"{table}_port", taken)
    gateway.dsn, gateway.level = dsn, "error"
    gateway.start()
    code, _ = await gateway.ended()
    [line] = gateway.lines()
    assert code == 2
    assert f"{table}.port: cannot listen on 127.0.0.1:{taken} (" in line


async def test_the_state_folder_cannot_be_made(gateway: Gateway, closed: int) -> None:
    gateway.dsn = away(closed)
    gateway.state_dir = gateway.config / "state"  # below a file
    gateway.start()
    code, _ = await gateway.ended()
    [line] = gateway.lines()
    assert (code, line.startswith("gateway.state_dir: ")) == (2, True)


def run_raising(error: Exception) -> None:
    @command
    async def work() -> None:
        raise error

    work()


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (Refused("because"), 3),
        (ExceptionGroup("tasks", [StoreUnavailable("because")]), 4),
        (ExceptionGroup("a", [ExceptionGroup("b", [PbxUnavailable("because")])]), 4),
    ],
)
def test_one_error_of_ours_is_one_line(
    error: Exception, code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(typer.Exit) as ended:
        run_raising(error)
    assert (ended.value.exit_code, capsys.readouterr().err) == (code, "because\n")


@pytest.mark.parametrize(
    "error",
    [
        ValueError("a bug"),
        ExceptionGroup("tasks", [ValueError("a bug")]),
        ExceptionGroup("tasks", [Refused("because"), ValueError("a bug")]),
        ExceptionGroup("tasks", [Refused("because"), Refused("because")]),
    ],
)
def test_a_bug_keeps_its_traceback(error: Exception) -> None:
    with pytest.raises(type(error)) as raised:
        run_raising(error)
    assert raised.value is error


# -- PostgreSQL comes later


async def test_postgresql_comes_later(gateway: Gateway, home: Path) -> None:
    server = await EmbeddedServer.start(home / "late", die_with_parent=True, fast=True)
    gateway.dsn = server.dsn
    port = int(server.dsn.rpartition(":")[2].partition("/")[0])
    await server.stop()
    with socket.socket() as holder:  # so that nobody else gets the port meanwhile
        holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        holder.bind(("127.0.0.1", port))
        gateway.start()
        warnings = await gateway.said("database_awaited", times=3)
        server = await EmbeddedServer.start(home / "late", die_with_parent=True, fast=True)
    try:
        assert server.dsn == gateway.dsn
        await gateway.ready()
        assert {line["level"] for line in warnings} == {"warning"}
        assert await stopped_in_time(gateway)
    finally:
        gateway.kill()
        await server.stop()


class EverySecondIsCut(Proxy):
    """Of the connections that come every second one is lost at once."""

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.accepted % 2:
            self.accepted += 1
            writer.transport.abort()
        else:
            await super()._serve(reader, writer)


async def test_postgresql_goes_away_in_the_middle_of_the_start(
    gateway: Gateway, home: Path
) -> None:
    server = await EmbeddedServer.start(home / "moody", die_with_parent=True, fast=True)
    port = int(server.dsn.rpartition(":")[2].partition("/")[0])
    try:
        async with EverySecondIsCut("127.0.0.1", port) as proxy:
            gateway.dsn = server.dsn.replace(f":{port}/", f":{proxy.port}/")
            gateway.start()
            await gateway.ready()
            assert await gateway.said("database_awaited")
            assert await stopped_in_time(gateway)
    finally:
        gateway.kill()
        await server.stop()


async def test_it_can_be_stopped_while_it_waits_for_postgresql(
    gateway: Gateway, closed: int
) -> None:
    gateway.dsn = away(closed)
    gateway.start()
    await gateway.said("database_awaited", times=2)
    assert await stopped_in_time(gateway)


# -- one gateway to a state folder


async def test_a_second_gateway_leaves_the_first_ones_database_alone(
    gateway: Gateway, second: Gateway
) -> None:
    gateway.start()
    await gateway.ready()
    dsn = embedded.find(gateway.state_dir / "postgres")

    second.start()
    code, _ = await second.ended()
    [line] = second.lines()
    assert code == 3
    assert line.startswith(
        f"another gateway (pid {gateway.pid}) runs with state_dir {gateway.state_dir}"
    )
    assert dsn
    assert embedded.find(gateway.state_dir / "postgres") == dsn

    gateway.kill()  # -9: nothing can be tidied up
    second.start()
    await second.ready()
    assert (await second.terminated())[0] == 0
    assert embedded.find(gateway.state_dir / "postgres") is None


@pytest.mark.parametrize(("before", "after"), [(None, 0o700), (0o755, 0o755)])
async def test_the_state_folder_is_ours_alone_where_we_make_it(
    gateway: Gateway, closed: int, before: int | None, after: int
) -> None:
    gateway.dsn = away(closed)
    if before:
        gateway.state_dir.mkdir()
        gateway.state_dir.chmod(before)
    gateway.start(impatient=True)
    await gateway.ended()
    assert stat.S_IMODE(gateway.state_dir.stat().st_mode) == after


# -- it ends


async def test_frozen_asterisks_hold_up_no_stop_and_no_beat_comes_after_the_last_word(
    gateway: Gateway, dsn: str
) -> None:
    async with FakePbx() as one, FakePbx() as two:
        gateway.dsn, gateway.pbxs = dsn, [one, two]
        gateway.start()
        for pbx in gateway.pbxs:
            await pbx.until(lambda pbx=pbx: bool(beats(pbx)))  # type: ignore[misc] # mypy infers no lambda with a default
            pbx.answers.update(dict.fromkeys(["Setvar", "Ping", "QueueStatus"], mute))
        assert await stopped_in_time(gateway)
        assert [beats(pbx)[-1] for pbx in gateway.pbxs] == ["0", "0"]


def beats(pbx: FakePbx) -> list[str]:
    """The heartbeats that it was sent."""
    return [asked["Value"] for asked in pbx.actions("Setvar")]


# -- and meanwhile


async def test_the_reason_of_a_pause_is_a_word_or_an_option(gateway: Gateway, dsn: str) -> None:
    async with FakePbx() as pbx:
        gateway.dsn, gateway.pbxs = dsn, [pbx]
        gateway.start()
        port = (await gateway.ready())["http_port"]
        await pbx.until(lambda: bool(beats(pbx)))

        async def ask(*words: str) -> subprocess.CompletedProcess[str]:
            url = f"http://127.0.0.1:{port}"
            command = [sys.executable, "-m", "ccgateway", "agent", *words, "--url", url]
            return await asyncio.to_thread(
                subprocess.run,
                [*command, "--config", str(gateway.config)],
                capture_output=True,
                text=True,
                timeout=30,
                check=False,
            )

        async def reason_after(*words: str) -> str:
            done = await ask("pause", "101", *words)
            assert (done.returncode, done.stderr) == (0, "")
            [anna] = json.loads((await ask("list", "--json")).stdout)
            return str(anna["reason"])

        assert (await ask("login", "101")).returncode == 0
        assert await reason_after("lunch") == "lunch"
        assert await reason_after("--reason", "training") == "training"
        assert await reason_after("-r", "lunch") == "lunch"
        assert await reason_after("admin", "--reason", "admin") == "admin"
        wrong = await ask("pause", "101", "lunch", "--reason", "admin")
        assert wrong.returncode == 2
        assert "one reason" in wrong.stderr
