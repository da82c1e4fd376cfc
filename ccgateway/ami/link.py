"""The link to one node: connect, stay connected, tell the inbox what Asterisk says, act.

One direction only: bytes -> event -> fact -> inbox, by plain calls in the order of arrival. Nothing
is awaited on that way, so Asterisk is never kept waiting and nothing overtakes.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial

import structlog

from ccgateway.ami.decode import ALWAYS, SOMETIMES, AmiEvent, fact_of
from ccgateway.ami.encode import headers_of
from ccgateway.ami.nodetime import NodeTime
from ccgateway.ami.protocol import Stats
from ccgateway.ami.rights import PROBE, advice, missing_write
from ccgateway.ami.session import Node, Session, Timing, WrongSecret
from ccgateway.calls.recorded import Ami, Heard
from ccgateway.engine.ports import Clock, Inbox, LinkChange, Tape
from ccgateway.errors import ActionRefused, PbxUnavailable
from ccgateway.telephony.actions import Action, AddMember, Member, RemoveMember


class Link:
    """Implements engine.ports.PbxLink. ``run`` keeps it connected until it is cancelled."""

    def __init__(
        self,
        settings: Node,
        inbox: Inbox,
        clock: Clock,
        timing: Timing | None = None,
        *,
        tape: Tape | None = None,
    ) -> None:
        self.node = settings.name
        self.stats = Stats()
        self.lag = timedelta()
        """From Asterisk's stamp on the last event to its arrival; none where it stamps none."""
        self._settings = settings
        self._inbox = inbox
        self._tape = tape
        self._times = NodeTime(settings.name, clock)
        self._timing = timing or Timing()
        self._session: Session | None = None
        self._connected = False
        self._missing: set[str] = set()
        self._log = structlog.get_logger().bind(node=settings.name)

    @property
    def connected(self) -> bool:
        """Logged in, and Asterisk has answered since."""
        return self._connected

    @property
    def offset(self) -> timedelta:
        """Asterisk's clock minus ours; zero until it is known."""
        return self._times.offset

    def now(self) -> datetime:
        """The time as this node's facts tell it (the rule: ``NodeTime.now``)."""
        return self._times.now()

    @property
    def missing_rights(self) -> Sequence[str]:
        """The rights our AMI user was found to lack: ``read user``, ``write agent``."""
        return sorted(self._missing)

    async def act(self, action: Action) -> None:
        """Carry out an action once. Raises UnsafeText, ActionTimeout (whether it was carried out
        is unknown), ActionRefused, PbxUnavailable. It is never sent a second time."""
        session = self._ready()
        await session.ask(headers_of(action))
        if isinstance(action, AddMember | RemoveMember):
            loop = asyncio.get_running_loop()
            loop.call_later(self._timing.proof, self._expect, session, "agent")

    async def members(self) -> Sequence[Member]:
        """The members of all queues (QueueStatus). Raises as ``act``."""
        return await self._ready().members()

    async def variable(self, channel: str, name: str) -> str:
        """A channel's variable, '' where it has none (Getvar). Raises as ``act``."""
        asked = [("Action", "Getvar"), ("Channel", channel), ("Variable", name)]
        reply = await self._ready().ask(asked)
        return next((value for key, value in reply[0].headers if key == "Value"), "")

    def _ready(self) -> Session:
        if self._session is None or not self._connected:
            raise PbxUnavailable(f"the AMI link to {self.node} is down")
        return self._session

    async def run(self) -> None:
        """Connect, and connect again whenever the link is lost, until cancelled."""
        failures = 0
        while True:
            began = asyncio.get_running_loop().time()
            try:
                cause = await self._one_session()
            except WrongSecret as error:
                self._tell_secret(error)
                await asyncio.sleep(self._timing.secret_retry)
                continue
            except PbxUnavailable as error:
                cause = str(error)
            if asyncio.get_running_loop().time() - began > self._timing.steady:
                failures = 0
            delay = self._backoff(failures)
            failures += 1
            self._log.warning("ami_link_down", cause=cause, retry_in=round(delay, 1))
            await asyncio.sleep(delay)

    def _backoff(self, failures: int) -> float:
        """Doubles up to the most; the jitter keeps several gateways from knocking together."""
        # Exponents past 16 are far beyond the most, and would overflow in the end.
        longest = self._timing.backoff_first * 2.0 ** min(failures, 16)
        share = random.uniform(0.5, 1.0)  # noqa: S311 - spreads load, guards nothing
        return min(longest, self._timing.backoff_most) * share

    def _tell_secret(self, error: WrongSecret) -> None:
        self._log.error(
            "ami_login_refused",
            answer=str(error),
            advice=(
                f"username and secret of node {self.node} must be those of a section "
                f"[{self._settings.username}] in manager.conf, and its permit/deny must let us in"
            ),
            retry_in=self._timing.secret_retry,
        )

    async def _one_session(self) -> str:
        """One connection, from connect to loss; returns the cause of the loss."""
        session = Session(self._settings, self._timing, self._times, self.stats, self._hear)
        self._session = session
        self._missing = set()
        cause = "the gateway stops"
        helpers: list[asyncio.Task[None]] = []
        try:
            await session.connect()
            await session.login()
            await session.ping()  # before anything else: what comes next is told in its time
            self.stats.connects += 1
            look = partial(self._look_again, session)
            helpers.append(asyncio.create_task(session.keep_alive(look)))
            booted = await self._await_boot(session)
            self._up()
            await self._resync(session)
            helpers.append(asyncio.create_task(self._probe_rights(session)))
            if not booted:
                await session.booted(None)
                self._missing.discard("read system")
                await self._resync(session)
            cause = await asyncio.shield(session.lost)
        except PbxUnavailable as error:
            cause = str(error)
            raise
        finally:
            for helper in helpers:
                helper.cancel()
            session.end(cause)
            self._session = None
            self._down(cause)
            await asyncio.gather(*helpers, return_exceptions=True)
        return cause

    async def _await_boot(self, session: Session) -> bool:
        """Whether Asterisk said FullyBooted. Without it we go on: callers come before order."""
        if await session.booted(self._timing.booted):
            return True
        self._miss("read system", "FullyBooted did not come; or Asterisk is still starting")
        return False

    def _up(self) -> None:
        self._connected = True
        self._log.info("ami_link_up", connects=self.stats.connects)
        self._inbox.put(LinkChange(self.node, up=True, at=self.now()))

    def _down(self, cause: str) -> None:
        if self._connected:
            self._connected = False
            self._inbox.put(LinkChange(self.node, up=False, at=self.now(), cause=cause))

    async def _resync(self, session: Session) -> None:
        """Put a snapshot into the inbox. One that is refused is not replaced by an empty one,
        which would say that all calls have ended."""
        try:
            self._inbox.put(await session.snapshot())
        except ActionRefused as error:
            if "Permission denied" in str(error):
                self._miss("write reporting", str(error))
            else:  # such as: app_queue is not loaded
                self._log.error("ami_snapshot_refused", because=str(error))

    async def _look_again(self, session: Session) -> None:
        """A snapshot anew, where there was one."""
        if self._connected:
            await self._resync(session)

    async def _probe_rights(self, session: Session) -> None:
        try:
            reply = await session.ask([("Action", "ListCommands")])
            missing = missing_write({key for key, _ in reply[0].headers})
            for right in sorted(missing):
                self._miss(right)
            if "write originate" not in missing:
                await session.ask(PROBE)
                await asyncio.sleep(self._timing.proof)
                self._expect(session, "call")
        except PbxUnavailable as error:
            self._log.warning("ami_rights_unknown", cause=str(error))

    def _expect(self, session: Session, right: str) -> None:
        """An event of this class must have come by now."""
        if self._session is session and right not in session.watch.proven:
            self._miss(f"read {right}")

    def _miss(self, right: str, because: str = "") -> None:
        if right in self._missing:
            return
        self._missing.add(right)
        self._log.error(
            "ami_right_missing",
            right=right,
            because=because or "found out by asking",
            advice=advice(self._settings.username, self._missing),
        )

    def _hear(self, event: AmiEvent) -> None:
        """One event, in its turn."""
        self.stats.events += 1
        self.lag = max(timedelta(), self._times.now() - event.at)
        if self._tape is not None:
            self._tape.hear(Heard(self.node, self._times.ours(), Ami(_headers(event))))
        fact = fact_of(event)
        if fact is not None:
            self.stats.facts += 1
            self._inbox.put(fact)
        elif event.name in ALWAYS:
            self.stats.odd += 1
        elif event.name not in SOMETIMES:
            self.stats.unknown += 1
        if self._session is not None and self._session.watch.hear(event):
            self._miss("read user")


def _headers(event: AmiEvent) -> list[tuple[str, str]]:
    """As they came, but for the place of those that came again."""
    if not event.repeated:
        return list(event.headers.items())
    values = ((key, event.repeated.get(key, (value,))) for key, value in event.headers.items())
    return [(key, one) for key, several in values for one in several]
