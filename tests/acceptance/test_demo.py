"""``ccgateway demo``, as a user runs it."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import psutil
import pytest

from ccgateway.rig.errors import RigError
from ccgateway.rig.installs import Install
from ccgateway.rig.plan import Kind
from ccgateway.rig.sipp import Caller
from ccgateway.rig.waiting import until
from ccgateway.rig.world import World

pytestmark = [pytest.mark.acceptance, pytest.mark.alone]

NOT_PLACED = {"field": "plan", "truth": "planned, not placed", "record": "", "ms": None}
DEMO = (sys.executable, "-m", "ccgateway", "demo")


async def test_thirty_calls_agree_with_the_record(install: Install) -> None:
    demo = await asyncio.create_subprocess_exec(
        *DEMO, "--once", "--calls", "30", "--json", stdout=asyncio.subprocess.PIPE
    )
    out, _ = await demo.communicate()
    told = json.loads(out)

    assert told["faults"] == []
    assert [row["differences"] for row in told["rows"] if row["differences"]] == []
    assert demo.returncode == 0
    assert told["calls"] == len(told["rows"]) == 30
    assert set(told["kinds"]) == {kind.value for kind in Kind}
    assert all(one["agree"] == one["calls"] > 0 for one in told["kinds"].values())
    assert {row["disposition"] for row in told["rows"]} == {
        "answered", "abandoned", "closed", "full", "nobody", "busy", "no_answer",
    }  # fmt: skip
    assert all(sorted(row["phones"]) == sorted(row["agents"]) for row in told["rows"])
    assert {row["kind"]: ways(row) for row in told["rows"] if row["escalations"]} == ESCALATED
    # of each time in a call of three lines; no less than begin, end and what lies between
    assert all(len(row["moments_ms"]) > 3 for row in told["rows"] if row["escalations"])


ESCALATED = {
    "cold escalation": ["cold to pumps: accepted"],
    "nobody there": ["cold to pumps: returned"],
    "warm, completed": ["warm to pumps: accepted"],
    "warm, taken back": ["warm to pumps: taken_back"],
    "three-way": ["warm to pumps: accepted"],
    "third line": ["cold to pumps: accepted", "cold to vendor: accepted"],
    "back to first": ["cold to pumps: accepted", "back to first: accepted"],
    "tier overflow": ["cold to tills: passed_on", "cold to vendor: accepted"],
    "blind transfer": ["blind to pumps: accepted"],
    "attended transfer": ["attended to : accepted"],
}
"""What the record says of each kind's escalations."""


def ways(row: Any) -> list[str]:
    return [f"{one['mode']} to {one['to']}: {one['end']}" for one in row["escalations"]]


def file_of(path: Path) -> int | None:
    """Its number on the disk: another one when it was replaced."""
    return path.stat().st_ino if path.exists() else None


def read(state: Path) -> Any:
    return json.loads(state.read_text())


@asynccontextmanager
async def running_demo(
    state: Path, *options: str
) -> AsyncIterator[tuple[asyncio.subprocess.Process, Any]]:
    """The demo, endless without options, once its state file is new, and what it says."""
    old = file_of(state)
    demo = await asyncio.create_subprocess_exec(
        *DEMO, *options, "--state", str(state), stdout=asyncio.subprocess.PIPE
    )
    try:
        await until(
            lambda: file_of(state) != old or demo.returncode is not None, "state", seconds=60
        )
        yield demo, read(state)
    finally:
        if demo.returncode is None:
            demo.kill()
            await demo.wait()


def tree_of(pid: int) -> list[psutil.Process]:
    return psutil.Process(pid).children(recursive=True)


def lives(process: psutil.Process) -> bool:
    """A zombie has ended, and waits for whoever inherited it to take note."""
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def folders_of(state: Any) -> list[Path]:
    return [Path(state["folder"]), Path(state["asterisk"]["folder"])]


async def test_ctrl_c_leaves_nothing_behind(install: Install, tmp_path: Path) -> None:
    async with running_demo(tmp_path / "state.json") as (demo, state):
        processes = tree_of(demo.pid)
        named = {state[part]["pid"] for part in ("asterisk", "postgres", "gateway")}
        assert named <= {process.pid for process in processes}
        demo.send_signal(signal.SIGINT)
        assert await asyncio.wait_for(demo.wait(), 30) == 0

    assert not [process for process in processes if lives(process)]
    assert not [folder for folder in folders_of(state) if folder.exists()]


async def test_callers_that_are_killed_end_it_with_1(install: Install, tmp_path: Path) -> None:
    options = ("--once", "--calls", "30", "--json")
    async with running_demo(tmp_path / "state.json", *options) as (demo, _):

        def callers() -> list[psutil.Process]:
            return [one for one in tree_of(demo.pid) if "callers-1" in " ".join(one.cmdline())]

        [sipp] = await until(callers, "the callers' SIPp")
        sipp.kill()
        out, _ = await asyncio.wait_for(demo.communicate(), 60)

    told = json.loads(out)
    assert demo.returncode == 1
    assert told["agrees"] is False
    assert told["calls"] < len(told["rows"]) == 30
    planned = [row for row in told["rows"] if row["differences"][:1] == [NOT_PLACED]]
    assert len(planned) == 30 - told["calls"]
    assert all(row["number"] and row["did"] and row["kind"] for row in planned)
    assert "callers-1 failed (-9)" in told["faults"][0]


async def test_sigterm_of_a_run_of_calls_leaves_nothing_behind(
    install: Install, tmp_path: Path
) -> None:
    async with running_demo(tmp_path / "state.json", "--once", "--calls", "3") as (demo, state):
        processes = tree_of(demo.pid)
        assert len(processes) >= 5
        demo.send_signal(signal.SIGTERM)
        assert await asyncio.wait_for(demo.wait(), 30) == 128 + signal.SIGTERM

    assert not [process for process in processes if lives(process)]
    assert not [folder for folder in folders_of(state) if folder.exists()]


def test_a_temporary_file_that_stands_in_the_way_is_not_written_through(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who may write in the folder must neither read the secrets nor have another file changed."""
    monkeypatch.setattr(World, "state", lambda _: {"secret": "s3"})
    victim, path = tmp_path / "victim", tmp_path / "state.json"
    victim.write_text("precious")
    (tmp_path / f".state.json.{os.getpid()}").symlink_to(victim)
    World().write_state(path)
    assert read(path) == {"secret": "s3"}
    assert path.stat().st_mode & 0o777 == 0o600
    assert not path.is_symlink()
    assert victim.read_text() == "precious"


def test_a_state_file_that_cannot_be_written_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(World, "state", lambda _: {})
    with pytest.raises(RigError, match="cannot be written"):
        World().write_state(tmp_path / "none" / "state.json")


async def test_callers_that_have_ended_do_not_stay_as_zombies(world: World) -> None:
    callers = world.sipps.place([Caller("+358407771111", "1000", 300)])
    # nobody asks for its end here, as nobody does between two acts of the endless demo
    await until(lambda: not psutil.pid_exists(callers.process.pid), "the callers are gone")


async def test_killed_it_leaves_no_process_and_the_next_start_sweeps(
    install: Install, tmp_path: Path
) -> None:
    async with running_demo(tmp_path / "state.json") as (demo, state):
        processes = tree_of(demo.pid)
        assert len(processes) >= 5
        demo.kill()
        await demo.wait()
        await until(lambda: not any(lives(p) for p in processes), "all have ended")
        assert [folder.exists() for folder in folders_of(state)] == [True, True]

    async with running_demo(tmp_path / "next.json") as (demo, _):
        assert [folder.exists() for folder in folders_of(state)] == [False, False]
        demo.send_signal(signal.SIGTERM)
        assert await asyncio.wait_for(demo.wait(), 30) == 0


async def test_the_state_file_is_for_us_only_and_lets_others_attach(
    install: Install, tmp_path: Path
) -> None:
    path = tmp_path / "state.json"
    path.write_text("an old one, which all may read")
    path.chmod(0o666)
    async with running_demo(path) as (demo, state):
        assert path.stat().st_mode & 0o777 == 0o600
        ami, agi = state["ami"], state["agi"]
        for host, port in ((ami["host"], ami["port"]), (agi["host"], agi["port"])):
            _, writer = await asyncio.open_connection(host, port)
            writer.close()
            await writer.wait_closed()
        assert state["postgres"]["dsn"].startswith("postgresql://")
        assert state["http"]["url"].startswith("http://127.0.0.1:")
        demo.send_signal(signal.SIGINT)
        assert await asyncio.wait_for(demo.wait(), 30) == 0
