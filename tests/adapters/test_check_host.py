"""What `ccgateway check` sees of this machine: who may do what, and whose the ports are."""

from __future__ import annotations

import asyncio
import grp
import os
import pwd
import socket
from pathlib import Path

import pytest

from ccgateway.check import probe_host
from ccgateway.check.system import Gateway, Host
from ccgateway.config import load
from ccgateway.postgres.batch import Batch
from ccgateway.postgres.spool import Spool
from tests.adapters.postgres_samples import created

TOML = """\
[gateway]
state_dir = "@STATE@"
[agi]
port = 0
secret = "agi-secret-1"
[http]
port = @HTTP@
token = "http-token-1"
[web]
port = @WEB@
[[node]]
name = "pbx1"
secret = "ami-secret-1"
[[client]]
id = "one"
name = "One"
[[queue]]
name = "first"
[[service]]
id = "line"
client = "one"
name = "Line"
dids = ["1000"]
queue = "first"
timezone = "Europe/Helsinki"
"""
NOBODY = pwd.getpwnam("nobody")
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root gives folders away")


@pytest.fixture
def toml(tmp_path: Path) -> Path:
    """The file of our systemd unit, whose user is nobody here."""
    file = tmp_path / "ccgateway.toml"
    state = tmp_path / "state"
    state.mkdir()
    text = TOML.replace("@STATE@", str(state)).replace("@HTTP@", "18070")
    file.write_text(text.replace("@WEB@", "18071"))
    return file


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch, toml: Path) -> None:
    monkeypatch.setattr(probe_host, "TOML", toml)
    monkeypatch.setattr(probe_host, "USER", NOBODY.pw_name)


def _seen(toml: Path, gateway: Gateway | None = None, web: Gateway | None = None) -> Host:
    return asyncio.run(probe_host.look(toml, load(toml), gateway or Gateway(), web or Gateway()))


@as_root
@pytest.mark.usefixtures("service")
@pytest.mark.parametrize(
    ("uid", "gid", "mode", "may"),
    [
        (0, 0, 0o755, False),
        (NOBODY.pw_uid, 0, 0o700, True),
        (NOBODY.pw_uid, 0, 0o577, False),
        (0, NOBODY.pw_gid, 0o770, True),
        (0, NOBODY.pw_gid, 0o757, False),
        (0, 0, 0o777, True),
        (0, 0, 0o776, False),
    ],
)
def test_state_dir_is_the_service_s_to_write_not_root_s(
    toml: Path, tmp_path: Path, uid: int, gid: int, mode: int, may: bool
) -> None:
    os.chown(tmp_path / "state", uid, gid)
    (tmp_path / "state").chmod(mode)
    assert _seen(toml).writable is may


@pytest.mark.usefixtures("service")
def test_the_folder_that_systemd_makes_is_writable_at_its_start(
    toml: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(probe_host, "STATE_DIR", tmp_path / "state")
    assert _seen(toml).writable is True


@as_root
@pytest.mark.usefixtures("service")
@pytest.mark.parametrize(("mode", "may"), [(0o640, False), (0o644, True)])
def test_the_toml_is_the_service_s_to_read(toml: Path, mode: int, may: bool) -> None:
    toml.chmod(mode)
    assert _seen(toml).readable is may


@as_root
@pytest.mark.usefixtures("service")
def test_journals_that_are_closed_to_the_service(toml: Path, tmp_path: Path) -> None:
    """Each with the group that may read it; root's is nobody's to be in."""
    log = tmp_path / "log"
    (log / "cel-custom").mkdir(parents=True)
    (log / "queue_log").touch()
    text = toml.read_text().replace('name = "pbx1"', f'name = "pbx1"\njournals = "{log}"')
    toml.write_text(text)
    assert _seen(toml).closed == {}
    other = next(group for group in grp.getgrall() if group.gr_gid not in (0, NOBODY.pw_gid))
    os.chown(log, -1, other.gr_gid)
    log.chmod(0o750)
    (log / "queue_log").chmod(0o640)
    assert _seen(toml).closed == {log: other.gr_name, log / "queue_log": ""}


def test_without_our_unit_it_counts_who_asks(toml: Path) -> None:
    seen = _seen(toml)
    assert (seen.writable, seen.readable, seen.closed) == (True, None, None)


def test_ports_that_others_have(toml: Path) -> None:
    """What runs of ours has its ports by right."""
    with (
        socket.create_server(("127.0.0.1", 0)) as http,
        socket.create_server(("127.0.0.1", 0)) as web,
    ):
        ports = {"http.port": http.getsockname()[1], "web.port": web.getsockname()[1]}
        text = toml.read_text().replace("18070", str(ports["http.port"]))
        toml.write_text(text.replace("18071", str(ports["web.port"])))
        runs = Gateway(running=True)
        assert _seen(toml).taken == ports
        assert _seen(toml, gateway=runs).taken == {"web.port": ports["web.port"]}
        assert _seen(toml, gateway=runs, web=runs).taken == {}


def test_what_the_spool_holds(toml: Path, tmp_path: Path) -> None:
    """Not what it held before it was drained: its file stays as large as it was."""
    assert (_seen(toml).spool_bytes, _seen(toml).spool_size) == (0, 0)
    folder = tmp_path / "state"
    folder.mkdir(exist_ok=True)

    async def spool(calls: int) -> None:
        spool = Spool(folder, 64 << 20)
        await spool.load()
        for serial in range(calls):
            facts = [created(serial * 500 + n, exten="1" * 300) for n in range(500)]
            await spool.append(Batch([(fact, None) for fact in facts]))
        while spool.facts > 500:
            await spool.head()
            await spool.drop()
        await spool.close()

    asyncio.run(spool(20))
    size = (folder / "spool.sqlite").stat().st_size
    seen = _seen(toml)
    assert seen.spool_size == size > 5_000_000
    assert 100_000 < seen.spool_bytes < size / 10


def test_where_the_disk_of_state_dir_is_mounted(toml: Path, tmp_path: Path) -> None:
    mount = _seen(toml).mount
    assert mount in (tmp_path / "state").parents
    assert mount.stat().st_dev == tmp_path.stat().st_dev
