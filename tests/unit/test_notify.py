"""What systemd is told; above all: a loop that hangs does not feed the watchdog."""

from __future__ import annotations

import asyncio
import os
import socket
import time
from collections.abc import Iterator
from contextlib import suppress

import pytest

from ccgateway.notify import Notifier

WITHIN = 0.3  # seconds of the watchdog


class Listener:
    """systemd's end, in the abstract namespace as containers have it."""

    def __init__(self) -> None:
        self.name = f"@ccgateway-test-{os.getpid()}-{time.monotonic_ns()}"
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
        self.socket.bind(self.name.replace("@", "\0", 1))

    def heard(self) -> list[str]:
        """What came since the last look."""
        told = []
        with suppress(BlockingIOError):
            while True:
                told.append(self.socket.recv(4096).decode())
        return told


@pytest.fixture
def listener() -> Iterator[Listener]:
    listener = Listener()
    yield listener
    listener.socket.close()


def test_without_systemd_nothing_is_done() -> None:
    notify = Notifier({})
    notify.ready()
    asyncio.run(asyncio.wait_for(notify.keep(lambda: "all well"), 1))


def test_a_postgresql_that_we_start_cannot_speak_for_us(listener: Listener) -> None:
    environ = {"NOTIFY_SOCKET": listener.name, "WATCHDOG_USEC": "1", "WATCHDOG_PID": "1", "A": "b"}
    Notifier(environ).ready()
    assert environ == {"A": "b"}
    assert listener.heard() == ["READY=1"]


def test_systemd_that_is_gone_is_no_fault(listener: Listener) -> None:
    notify = Notifier({"NOTIFY_SOCKET": listener.name})
    listener.socket.close()
    notify.ready()


async def test_that_we_are_ready_is_said_until_it_is_heard(listener: Listener) -> None:
    """systemd is stuck for a while, and kills at the end of its patience who never was ready."""
    notify = Notifier({"NOTIFY_SOCKET": listener.name, "WATCHDOG_USEC": "30000"})
    with (
        socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK) as other,
        suppress(BlockingIOError),
    ):
        while True:
            other.sendto(b"of another service", listener.name.replace("@", "\0", 1))
    notify.ready()
    assert "READY=1" not in listener.heard()
    keeping = asyncio.create_task(notify.keep(lambda: "all well"))
    told: list[str] = []
    async with asyncio.timeout(10):
        while len(told) < 3:
            await asyncio.sleep(0.01)
            told += listener.heard()
    assert told[:3] == [
        "READY=1\nWATCHDOG=1\nSTATUS=all well",
        *["WATCHDOG=1\nSTATUS=all well"] * 2,
    ]
    keeping.cancel()


async def test_a_loop_that_hangs_starves_the_watchdog(listener: Listener) -> None:
    environ = {
        "NOTIFY_SOCKET": listener.name,
        "WATCHDOG_USEC": str(int(WITHIN * 1e6)),
        "WATCHDOG_PID": str(os.getpid()),
    }
    keeping = asyncio.create_task(Notifier(environ).keep(lambda: "all well"))
    fed: list[str] = []
    async with asyncio.timeout(10):
        while len(fed) < 3:
            await asyncio.sleep(WITHIN / 10)
            fed += listener.heard()
    assert set(fed) == {"WATCHDOG=1\nSTATUS=all well"}
    time.sleep(2 * WITHIN)  # noqa: ASYNC251 - the loop hangs: this is what is tested
    assert listener.heard() == []
    keeping.cancel()
