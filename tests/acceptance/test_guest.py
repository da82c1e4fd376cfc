"""`ccgateway init` makes a call centre of somebody's PBX, and `uninstall` leaves it as it was."""

from __future__ import annotations

import re
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from subprocess import Popen
from tempfile import TemporaryDirectory
from typing import Any

import pytest
import pytest_asyncio

from ccgateway.rig import processes
from ccgateway.rig.installs import Install, Rootfs
from ccgateway.rig.phones import Behaviour
from ccgateway.rig.sipp import Caller, Habits, Sipps
from ccgateway.rig.waiting import until
from tests.acceptance.cli import asked
from tests.acceptance.houses import House, issabel, stock, web_interface

pytestmark = pytest.mark.acceptance

SAID = ("--did=1000", "--phone=PJSIP/101", "--phone=PJSIP/102", "--country=FI")
SCRIPTS = {
    "extensions.conf": "[made-by-script]\nexten => 77,1,Hangup()\n",
    "manager.conf": "[made-by-script]\nsecret = made\nread = system\n",
}
WHAT_EACH_HAS = (
    ("manager show user ccgateway", "write perm: call,agent,reporting,originate"),
    ("manager show settings", r"Timestamp events: +Yes"),
    ("dialplan show ccg-route", "ccg-route"),
    ("queue show first", "rrmemory"),
    ("queue show ccg-fallback", "PJSIP/102 "),
    ("features show", r"ccg-cold-2 +no def +\*22"),
    ("cel show status", "CEL Event Subscriber: CEL Custom CSV"),
    ("dialplan show globals", "CCG_TRUNK=PJSIP/NUMBER@trunk"),
)


@pytest_asyncio.fixture(params=[stock, web_interface, issabel], ids=lambda made: str(made.__name__))
async def house(
    request: pytest.FixtureRequest, install: Install, tmp_path: Path
) -> AsyncIterator[House]:
    """A running PBX that has never heard of us."""
    assert isinstance(install, Rootfs)
    make: Callable[[Rootfs, Path], House] = request.param
    house = make(install, tmp_path)
    try:
        await house.asterisk.start()
        yield house
    finally:
        house.asterisk.remove()


async def test_arrives_and_leaves(house: House) -> None:
    """Its Asterisk has all that is ours, uncomplaining; then all is byte for byte as before."""
    house.run("init", *SAID, "--apply", "--reload")
    for command, expected in WHAT_EACH_HAS:
        said = await house.asterisk.rx(command)
        assert re.search(expected, said), f"{command}: {said}"
    assert "ccg-inbound" in await house.asterisk.rx("dialplan show 1000@from-trunk")
    context = "from-internal" if "from-internal" in _phones(house) else "from-phones"
    assert "ccg-agent" in await house.asterisk.rx(f"dialplan show *11@{context}")
    assert _ours(house.asterisk.complaints()) == []
    house.run("uninstall", "--apply", "--reload")
    assert house.is_as_before()
    assert "ccg-inbound" not in await house.asterisk.rx("dialplan show 1000@from-trunk")
    assert "No such queue" in await house.asterisk.rx("queue show first")


async def test_starts_anew_with_it(house: House) -> None:
    """What a reload reads, a start reads too: no error that the house has not without it."""
    house.run("init", *SAID, "--apply")
    log = house.asterisk.log.read_bytes()
    await house.asterisk.restart()
    assert "rrmemory" in await house.asterisk.rx("queue show first")
    assert "No such" not in await house.asterisk.rx("manager show user ccgateway")
    since = house.asterisk.log.read_bytes()[len(log) :]
    assert _errors(since) <= _errors(log)


async def test_beside_a_script_of_his(install: Install, tmp_path: Path) -> None:
    """What an #exec makes, and what is ours, are both there."""
    assert isinstance(install, Rootfs)
    house = stock(install, tmp_path)
    try:
        _with_scripts(house, install.inside(house.etc))
        await house.asterisk.start()
        said = house.run("init", *SAID, "--apply", "--reload")
        assert said.count("what this #exec makes is not seen") == len(SCRIPTS)
        for command, expected in WHAT_EACH_HAS:
            told = await house.asterisk.rx(command)
            assert re.search(expected, told), f"{command}: {told}"
        assert "77" in await house.asterisk.rx("dialplan show made-by-script")
        assert "system" in await house.asterisk.rx("manager show user made-by-script")
        house.run("uninstall", "--apply", "--reload")
        assert house.is_as_before()
    finally:
        house.asterisk.remove()


def _with_scripts(house: House, inside: str | Path) -> None:
    """An Asterisk that runs scripts, and one in each of two of its files."""
    main = (house.etc / "asterisk.conf").read_text()
    house.write({"asterisk.conf": main.replace("execincludes = no", "execincludes = yes")})
    for name, lines in SCRIPTS.items():
        text = (house.etc / name).read_text()
        house.write({f"made-{name}": lines, name: f"{text}\n#exec cat {inside}/made-{name}\n"})
    house.remember()


def _phones(house: House) -> str:
    return "".join(path.read_text() for path in house.etc.glob("pjsip*.conf"))


def _errors(log: bytes) -> set[str]:
    """Without their times and thread numbers."""
    return set(re.findall(r"ERROR\[\d+\] (.*)", log.decode()))


def _ours(complaints: list[str]) -> list[str]:
    """But the house's own: its dialplan has contexts that include missing ones, or take _.; and of
    users.conf Asterisk complains soon after it is up."""
    own = ("tries to include nonexistent", "The use of '_.' for an ext", "users.conf is deprecated")
    return [line for line in complaints if not any(text in line for text in own)]


@pytest.fixture
def state() -> Iterator[Path]:
    """A folder that others may enter: PostgreSQL may have to run as nobody."""
    with TemporaryDirectory(prefix="ccgateway-test-") as name:
        folder = Path(name)
        folder.chmod(0o711)
        yield folder / "state"


async def test_a_call_by_the_readme_alone(house: House, tmp_path: Path, state: Path) -> None:
    """init, run, *11, a caller: he talks with the agent, and his call is in the record."""
    house.run("init", *SAID, "--apply", "--reload")
    agi, http = house.asterisk.block.one(), house.asterisk.block.one()
    house.edit_toml({"port = 4573": f"port = {agi}", "port = 8070": f"port = {http}"})
    house.edit_toml({"state_dir = ": f'state_dir = "{state}"'})
    assert "1 file " in house.run("init", "--apply", "--reload")  # Asterisk learns the port
    command = [sys.executable, "-m", "ccgateway", "run", "--config", str(house.toml)]
    gateway = processes.start(command, tmp_path / "gateway.log")
    sipps = Sipps(house.asterisk, tmp_path / "sipp")
    try:
        await until(lambda: _beats(house, gateway), "the gateway's heartbeat", seconds=60)
        await sipps.start_phones([Behaviour.ANSWERS], Habits(ring_ms=100))
        await sipps.place([Caller("101", "*11", 2000)], from_phone=True).finished(30)
        caller = sipps.place([Caller("+358401234567", "1000", 2000)])
        assert await caller.finished(30) == 0
        call = await until(lambda: _recorded(house), "the call is recorded", seconds=60)
        assert " 0 faults" in house.run("check")
    finally:
        sipps.stop()
        processes.stop(gateway)
    assert call["disposition"] == "answered"
    journal = house.asterisk.folder / "log/cel-custom/ccgateway.csv"
    assert '"LINKEDID_END"' in journal.read_text()
    house.run("uninstall", "--apply", "--reload")
    assert house.is_as_before()


def _recorded(house: House) -> dict[str, Any]:
    """The caller's call; *11 is one, too."""
    calls = asked(house.toml, "call", "list")
    return next((call for call in calls if call["service"] == "hotline"), {})


async def _beats(house: House, gateway: Popen[bytes]) -> bool:
    assert gateway.poll() is None  # its log is beside the test's other files
    beat = await house.asterisk.rx("dialplan eval function GLOBAL(CCG_HEARTBEAT)")
    return any(word.isdigit() and int(word) > 0 for word in beat.split())
