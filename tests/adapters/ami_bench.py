"""What the AMI tests share: an inbox to look into, and the same client in two makes.

``Ours`` and ``Bare`` do the same through our link and through bare panoramisk 1.4. A test marked
``trap`` runs on both, and must fail on the bare one: so it is known to prove something.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest
from panoramisk import Manager  # type: ignore[import-untyped]  # it has no types
from panoramisk.ami_protocol import AMIProtocol  # type: ignore[import-untyped]  # it has no types
from panoramisk.message import Message  # type: ignore[import-untyped]  # it has no types
from pydantic import SecretStr

from ccgateway.ami.link import Link
from ccgateway.ami.protocol import CcgManager, CcgProtocol, Stats
from ccgateway.ami.session import Timing
from ccgateway.engine.ports import Arrival, LinkChange, Snapshot
from ccgateway.telephony.actions import SetGlobal
from ccgateway.telephony.facts import Fact

DEADLINE = 10.0  # seconds until a condition counts as failed
SECRET = "s3cret"
FAST = Timing(
    connect=2.0,
    answer=0.5,
    listing=2.0,
    booted=2.0,
    ping_every=0.1,
    ping_answer=0.4,
    proof=0.1,
    backoff_first=0.02,
    backoff_most=0.1,
    steady=0.5,
    secret_retry=30.0,
)


class WallClock:
    """engine.ports.Clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)


@dataclass
class Node:
    """The settings of a node."""

    port: int
    host: str = "127.0.0.1"
    name: str = "pbx1"
    username: str = "ccgateway"
    secret: SecretStr = field(default_factory=lambda: SecretStr(SECRET))
    tls: bool = False
    tls_ca: str = ""


@dataclass
class Mailbox:
    """engine.ports.Inbox; a test waits for what should come."""

    arrivals: list[Arrival] = field(default_factory=list)

    def put(self, arrival: Arrival) -> None:
        self.arrivals.append(arrival)

    @property
    def facts(self) -> list[Fact]:
        return [each for each in self.arrivals if isinstance(each, Fact)]

    @property
    def changes(self) -> list[LinkChange]:
        return [each for each in self.arrivals if isinstance(each, LinkChange)]

    @property
    def snapshots(self) -> list[Snapshot]:
        return [each for each in self.arrivals if isinstance(each, Snapshot)]


async def eventually(condition: Callable[[], object], within: float = DEADLINE) -> bool:
    """Whether the condition came true in time."""
    with suppress(TimeoutError):
        async with asyncio.timeout(within):
            while not condition():  # noqa: ASYNC110  # panoramisk's state has no event to wait for
                await asyncio.sleep(0.005)
    return bool(condition())


@asynccontextmanager
async def running(link: Link) -> AsyncIterator[asyncio.Task[None]]:
    """A link that runs for the time of a block; a defect in it fails the test."""
    task = asyncio.create_task(link.run())
    try:
        yield task
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


class Wire(asyncio.Transport):
    """A transport that keeps what is written and never reads."""

    def __init__(self) -> None:
        super().__init__()
        self.sent = b""
        self.closed = False

    def write(self, data: bytes | bytearray | memoryview[Any]) -> None:
        self.sent += bytes(data)

    def close(self) -> None:
        self.closed = True

    def abort(self) -> None:
        self.closed = True


class OurStream:
    """Our protocol, fed with bytes."""

    def __init__(self) -> None:
        self.events: list[Message] = []
        self.wire = Wire()
        self.stats = Stats()
        self.manager: Manager = CcgManager(self.hear)
        self.protocol: AMIProtocol = CcgProtocol(self.stats)
        self.protocol.connection_made(self.wire)
        self.manager.adopt(self.wire, self.protocol)
        self.feed(b"Asterisk Call Manager/11.0.0\r\n")

    def hear(self, event: Message) -> None:
        self.events.append(event)

    def feed(self, *chunks: bytes) -> None:
        for chunk in chunks:
            self.protocol.data_received(chunk)

    def send(self, **headers: str) -> asyncio.Future[Any]:
        future: asyncio.Future[Any] = self.manager.send_action(dict(headers), as_list=True)
        return future

    def close(self) -> None:
        self.manager.close()


class BareStream(OurStream):
    """panoramisk's protocol, fed with bytes."""

    def __init__(self) -> None:
        self.events = []
        self.wire = Wire()
        loop = asyncio.get_running_loop()
        self.manager = Manager(loop=loop, encoding="utf-8")
        self.manager.register_event("*", lambda _, event: self.hear(event))
        self.protocol = AMIProtocol()
        self.protocol.connection_made(self.wire)
        made = loop.create_future()
        made.set_result((self.wire, self.protocol))
        self.manager.connection_made(made)
        self.feed(b"Asterisk Call Manager/11.0.0\r\n\r\n")


class OurClient:
    """Our link to a port."""

    def __init__(self, port: int, timing: Timing = FAST, *, knows: bool = True) -> None:
        self.inbox = Mailbox()
        secret = SecretStr(SECRET if knows else "wrong")
        self.link = Link(Node(port, secret=secret), self.inbox, WallClock(), timing)
        self._run: asyncio.Task[None] | None = None

    async def start(self) -> None:
        self._run = asyncio.create_task(self.link.run())

    def up(self) -> bool:
        return self.link.connected and bool(self.inbox.snapshots)

    async def set_global(self) -> None:
        await self.link.act(SetGlobal("CCG_X", "1"))

    async def list_members(self) -> None:
        await self.link.members()

    async def stop(self) -> None:
        if self._run is not None:
            self._run.cancel()
            await asyncio.wait({self._run})


class BareClient:
    """panoramisk's manager, connected to a port."""

    def __init__(self, port: int, timing: Timing = FAST, *, knows: bool = True) -> None:
        self.manager = Manager(
            host="127.0.0.1",
            port=port,
            username="ccgateway",
            secret=SECRET if knows else "wrong",
            ping_delay=1,
            ping_interval=1,
            reconnect_timeout=int(timing.backoff_first),
            loop=asyncio.get_running_loop(),
        )

    async def start(self) -> None:
        await self.manager.connect()

    def up(self) -> bool:
        return bool(self.manager._connected and self.manager.authenticated)  # noqa: SLF001  # it tells this nowhere else

    async def set_global(self) -> None:
        await self.manager.send_action({"Action": "Setvar", "Variable": "CCG_X", "Value": "1"})

    async def list_members(self) -> None:
        await self.manager.send_action({"Action": "QueueStatus"}, as_list=True)

    async def stop(self) -> None:
        self.manager.close()

    def bury(self) -> None:
        """End it for good: after ``stop`` it still connects again."""
        self.manager.connect = lambda: None
        self.manager.close()


Client = OurClient | BareClient


def trap(ours: type, bare: type) -> pytest.MarkDecorator:
    """Runs a test on ours and, where it must fail, on bare panoramisk (argument ``make``)."""
    fails = pytest.mark.xfail(strict=True, raises=AssertionError, reason="panoramisk 1.4")
    return pytest.mark.parametrize(
        "make", [pytest.param(ours, id="ours"), pytest.param(bare, id="bare", marks=fails)]
    )
