"""One connection to one Asterisk, from connect to loss: login, actions, ping, snapshot."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import Any, Protocol

from pydantic import SecretStr

from ccgateway.ami.decode import AmiEvent, event_of, time_of
from ccgateway.ami.framing import Headers
from ccgateway.ami.nodetime import SKEW, NodeTime
from ccgateway.ami.protocol import EVENTS, Ask, CcgManager, CcgProtocol, Heard, Stats
from ccgateway.ami.resync import Gathering, members_of
from ccgateway.ami.rights import ReadWatch
from ccgateway.engine.ports import Snapshot
from ccgateway.errors import ActionRefused, ActionTimeout, PbxUnavailable, UnsafeText
from ccgateway.telephony.actions import Member


class Node(Protocol):
    """What a link needs to know of its Asterisk (the configuration's NodeSettings)."""

    @property
    def name(self) -> str: ...
    @property
    def host(self) -> str: ...
    @property
    def port(self) -> int: ...
    @property
    def username(self) -> str: ...
    @property
    def secret(self) -> SecretStr: ...
    @property
    def tls(self) -> bool: ...
    @property
    def tls_ca(self) -> str: ...


LOOK_AT_CLOCK_S = 0.25
"""How soon it is noticed that our clock was set; a look costs microseconds."""


@dataclass(frozen=True, slots=True)
class Timing:
    """Deadlines and intervals of a link, in seconds."""

    connect: float = 5.0
    answer: float = 5.0  # for the reply to any action
    listing: float = 15.0  # for a whole list; a busy Asterisk has thousands of channels
    booted: float = 10.0  # from the login to FullyBooted
    ping_every: float = 10.0
    ping_answer: float = 8.0  # with the interval below 20: a half-open link is noticed in time
    proof: float = 5.0  # from an action to the event that proves a right
    backoff_first: float = 0.5
    backoff_most: float = 30.0
    steady: float = 30.0  # a link that was up this long begins its back-off anew
    secret_retry: float = 60.0  # Asterisk logs each refused login, and fail2ban may read that log


class WrongSecret(PbxUnavailable):
    """Asterisk refused our AMI user or its secret."""


class Session:
    """One connection. It is over when ``lost`` is done."""

    def __init__(
        self,
        node: Node,
        timing: Timing,
        times: NodeTime,
        stats: Stats,
        on_event: Callable[[AmiEvent], None],
    ) -> None:
        self.watch = ReadWatch()
        self._node = node
        self._timing = timing
        self._times = times
        self._on_event = on_event
        self._booted = asyncio.Event()
        self._gathering: Gathering | None = None
        self._one_at_a_time = asyncio.Lock()
        self._pinged = 0.0  # how far our clock was ahead then
        self._manager = CcgManager(self._hear)
        self._protocol = CcgProtocol(stats)

    @property
    def lost(self) -> asyncio.Future[str]:
        """Done, with the cause, when the connection is gone."""
        return self._protocol.lost

    async def connect(self) -> None:
        """Connect, in plain TCP or TLS. Raises PbxUnavailable."""
        address = f"{self._node.host}:{self._node.port}"
        try:
            async with asyncio.timeout(self._timing.connect):
                transport, _ = await asyncio.get_running_loop().create_connection(
                    lambda: self._protocol,
                    self._node.host,
                    self._node.port,
                    ssl=_tls(self._node),
                )
        except TimeoutError as error:
            raise PbxUnavailable(f"no connection to {address} in time") from error
        except OSError as error:
            raise PbxUnavailable(f"no connection to {address}: {error}") from error
        self._manager.adopt(transport, self._protocol)

    async def login(self) -> None:
        """Log in. Raises WrongSecret, and as ``ask``."""
        try:
            await self.ask(
                [
                    ("Action", "Login"),
                    ("Username", self._node.username),
                    ("Secret", self._node.secret.get_secret_value()),
                    ("Events", EVENTS),
                ]
            )
        except (ActionRefused, UnsafeText) as error:
            raise WrongSecret(str(error)) from error

    async def booted(self, within: float | None) -> bool:
        """Wait for FullyBooted; false when it did not come in time. Raises PbxUnavailable."""
        waiting = asyncio.ensure_future(self._booted.wait())
        either: tuple[asyncio.Future[Any], ...] = (waiting, self.lost)
        try:
            await asyncio.wait(either, timeout=within, return_when=asyncio.FIRST_COMPLETED)
        finally:
            waiting.cancel()
        if self.lost.done():
            raise PbxUnavailable(self.lost.result())
        return self._booted.is_set()

    async def ask(self, headers: Headers, within: float | None = None) -> list[Heard]:
        """Send an action once and wait for its whole reply. Raises UnsafeText, ActionRefused,
        ActionTimeout, PbxUnavailable."""
        name = headers[0][1]
        ask = Ask(headers)
        future = self._manager.send_action(ask)
        try:
            async with asyncio.timeout(self._timing.answer if within is None else within):
                reply: list[Heard] = await future
        except TimeoutError as error:
            raise ActionTimeout(f"Asterisk did not answer {name} in time") from error
        except PbxUnavailable as error:
            raise ActionTimeout(f"{name} was sent, and no answer came: {error}") from error
        finally:
            self._protocol.forget(ask)
        if reply[0].response not in Heard.success_responses:
            raise ActionRefused(f"Asterisk refused {name}: {reply[0].message}")
        return reply

    async def ping(self) -> None:
        """See whether Asterisk answers, and what its clock says. Raises as ``ask``."""
        self._pinged, sent = self._ahead(), self._times.ours()
        reply = await self.ask([("Action", "Ping")], self._timing.ping_answer)
        said = next((value for key, value in reply[0].headers if key == "Timestamp"), "")
        if (asterisk := time_of(said)) is not None:
            self._times.compare(asterisk, sent, self._times.ours())

    async def keep_alive(self, look: Callable[[], Awaitable[None]]) -> None:
        """Ping until the link is lost; an answer that does not come in time is a lost link.
        ``look`` takes a snapshot anew: one that was asked for when our clock was just set may have
        been of another time, and what is older was not missed in it."""
        while not self.lost.done():
            was_set = await self._ping_is_due()
            try:
                await self.ping()
                if was_set:
                    await look()
            except PbxUnavailable as error:
                self.end(f"half-open: {error}")

    async def _ping_is_due(self) -> bool:
        """Some seconds after the last one; at once, and true, where our clock was set since: until
        Asterisk says how it differs now, heartbeat and decisions are stamped wrong."""
        clock = asyncio.get_running_loop().time
        due = clock() + self._timing.ping_every
        while (left := due - clock()) > 0:
            await asyncio.sleep(min(left, LOOK_AT_CLOCK_S))
            if abs(self._ahead() - self._pinged) > SKEW.total_seconds():
                return True
        return False

    def _ahead(self) -> float:
        """How far our clock is ahead of one that nobody can set, in seconds."""
        return self._times.ours().timestamp() - asyncio.get_running_loop().time()

    async def snapshot(self) -> Snapshot:
        """Channels, waiting callers and members as they are now; ``at`` is when they were asked
        for, as the node's facts tell time. Raises as ``ask``."""
        async with self._one_at_a_time:
            return await self._snapshot()

    async def _snapshot(self) -> Snapshot:
        self._gathering = gathering = Gathering(self._node.name)
        asked = self._times.now()
        try:
            channels = await self._list("CoreShowChannels")
            queues = await self._list("QueueStatus")
            return gathering.snapshot(asked, channels, queues, self._times.ahead)
        finally:
            self._gathering = None

    async def members(self) -> list[Member]:
        """The members of all queues. Raises as ``ask``."""
        return members_of(await self._list("QueueStatus"))

    async def _list(self, action: str) -> Iterable[AmiEvent]:
        reply = await self.ask([("Action", action)], self._timing.listing)
        now = self._times.now()
        return [event_of(self._node.name, message.headers, now) for message in reply[1:]]

    def _hear(self, message: Heard) -> None:
        self._times.hear(message.event, stamped=bool(message.timestamp))
        event = event_of(self._node.name, message.headers, self._times.now())
        if event.name == "FullyBooted":
            self._booted.set()
        if self._gathering is not None:
            self._gathering.hear(event)
        self._on_event(event)

    def end(self, cause: str) -> None:
        """Close the connection at once; what is pending fails with the cause."""
        self._protocol.end(cause)
        self._manager.close()


def _tls(node: Node) -> ssl.SSLContext | None:
    """Certificates are always checked: against ``tls_ca``, else the machine's own authorities."""
    return ssl.create_default_context(cafile=node.tls_ca or None) if node.tls else None
