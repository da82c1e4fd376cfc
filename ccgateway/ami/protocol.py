"""panoramisk's AMI protocol with our framing, matching and dispatch.

Manager, Action and Message stay panoramisk's. What is ours: bytes are decoded per message, a reply
is matched by its ActionID alone, a list ends with ``EventList: Complete``, everything pending fails
when the link drops and nothing is kept to be sent again, and no callback can end the connection.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import structlog
from panoramisk import Manager  # type: ignore[import-untyped]  # it has no types
from panoramisk.actions import Action  # type: ignore[import-untyped]  # it has no types
from panoramisk.ami_protocol import AMIProtocol  # type: ignore[import-untyped]  # it has no types
from panoramisk.message import Message  # type: ignore[import-untyped]  # it has no types

from ccgateway.ami.encode import wire
from ccgateway.ami.forgery import Sieve
from ccgateway.ami.framing import Framer, FramingError, Headers
from ccgateway.errors import PbxUnavailable

MAX_LIST_ITEMS = 100_000  # ten times the channels of the largest single Asterisk

EVENTS = "system,call,agent,user"
"""The login's event mask. VarSet and Newexten are of class dialplan, RTCP of class reporting: they
are more than half of all events, and nothing here needs them."""


_ONE_VALUE = frozenset({"event", "response", "actionid", "eventlist"})
"""Headers that steer a message: a dialplan's UserEvent may repeat them, the first is Asterisk's."""


class Heard(Message):  # type: ignore[misc]  # panoramisk has no types
    """A panoramisk Message made from our headers: the values of a repeated one are a list."""

    def __init__(self, headers: Headers) -> None:
        super().__init__({})
        self.headers = headers
        store = self._store  # panoramisk's: lower-case key -> (key, value); by it, twice as fast
        for key, value in headers:
            name = key.lower()
            if name not in store:
                store[name] = (key, value)
            elif name not in _ONE_VALUE:
                before = store[name][1]
                together = [*before, value] if isinstance(before, list) else [before, value]
                store[name] = (key, together)


class Ask(Action):  # type: ignore[misc]  # panoramisk has no types
    """An action, and the future of its reply: all messages, the Response first."""

    def __init__(self, headers: Headers) -> None:
        super().__init__(dict(headers))
        named = any(key == "ActionID" for key, _ in headers)
        self.headers = headers if named else [*headers, ("ActionID", self.id)]
        """As they are sent: some, as Variable, stand more than once."""

    def add_message(self, message: Heard) -> bool:
        """Take one message of the reply; true when it was the last one."""
        first = not self.responses
        self.responses.append(message)
        part = message.eventlist.lower()
        # A Response that starts no list is the whole reply: an error reply to a list action too.
        done = part != "start" if first else part in ("complete", "cancelled")
        if done and not self.future.done():
            self.future.set_result(self.responses)
        return done


@dataclass(slots=True)
class Stats:
    """What a link has met since it was made."""

    events: int = 0
    facts: int = 0
    unknown: int = 0  # events that never become a fact
    odd: int = 0  # replies nobody waits for, events without their subject, callbacks that raised
    connects: int = 0  # logins that were accepted


class CcgProtocol(AMIProtocol):  # type: ignore[misc]  # panoramisk has no types
    """One connection. ``lost`` is done, with the cause, when it is of no use any more."""

    def __init__(self, stats: Stats) -> None:
        self.lost: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self.asks: dict[str, Ask] = {}
        self.closed = True  # until connection_made
        self._framer = Framer()
        self._sieve = Sieve()
        self._stats = stats

    def send(self, data: Mapping[str, str], as_list: bool | None = None) -> asyncio.Future[Any]:
        """Send an action. Its future gives all messages of the reply, or PbxUnavailable when the
        link drops. Raises UnsafeText, PbxUnavailable."""
        ask = data if isinstance(data, Ask) else Ask(list(data.items()))
        payload = wire(ask.headers)
        if self.lost.done():
            raise PbxUnavailable
        self.asks[ask.id] = ask
        self.transport.write(payload)
        future: asyncio.Future[Any] = ask.future
        return future

    def forget(self, ask: Ask) -> None:
        """Nobody waits for this reply any more; should it still come, it is passed over."""
        self.asks.pop(ask.id, None)
        ask.future.cancel()

    def data_received(self, data: bytes) -> None:
        """Bytes from Asterisk, in chunks as TCP cuts them."""
        try:
            for headers in self._framer.feed(data):
                if (whole := self._sieve.take(headers)) is not None:
                    self._hear(Heard(whole))
        except FramingError as error:
            self.end(str(error))

    def _hear(self, message: Heard) -> None:
        ask = self.asks.get(message.actionid) if message.actionid else None
        # Event before Response: OriginateResponse has both, and the ActionID of our action.
        if message.event and (ask is None or not ask.responses):
            self._dispatch(message)
        elif ask is not None:
            self._take_reply(ask, message)
        else:
            self._stats.odd += 1

    def _take_reply(self, ask: Ask, message: Heard) -> None:
        if ask.add_message(message):
            self.asks.pop(ask.id, None)
        elif len(ask.responses) > MAX_LIST_ITEMS:
            self.end("a list reply has no end")

    def _dispatch(self, message: Heard) -> None:
        try:
            self.factory.dispatch(message)
        except Exception as error:
            self._stats.odd += 1
            structlog.get_logger().error(
                "ami_callback_failed", event_name=message.event, error=type(error).__name__
            )

    def end(self, cause: str) -> None:
        """Give the connection up: pending actions fail, the socket closes at once."""
        if not self.lost.done():
            self.lost.set_result(cause)
        asks, self.asks = self.asks, {}
        for ask in asks.values():
            if not ask.future.done():
                ask.future.set_exception(PbxUnavailable(f"the AMI link was lost: {cause}"))
        if not self.closed:
            self.closed = True
            # Not close(): that would wait for a peer that may never read again.
            self.transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        """The socket is gone. panoramisk would reconnect here by itself; the link does that."""
        self.end(f"connection lost ({exc})" if exc else "Asterisk closed the connection")

    def close(self) -> None:
        """As panoramisk's Manager calls it."""
        self.end("closed")


class CcgManager(Manager):  # type: ignore[misc]  # panoramisk has no types
    """panoramisk's manager for one connection: no login, ping or reconnect of its own."""

    def __init__(self, on_event: Callable[[Heard], None]) -> None:
        super().__init__(loop=asyncio.get_running_loop(), encoding="utf-8")
        # panoramisk's own callback at FullyBooted sends again what had no reply.
        self.callbacks.clear()
        self.patterns.clear()
        self.register_event("*", lambda _manager, message: on_event(message))

    def ping(self) -> None:
        """The link pings, with a deadline on the answer; panoramisk's ping has none."""

    def adopt(self, transport: asyncio.Transport, protocol: CcgProtocol) -> None:
        """Take over a connection that was just made."""
        made: asyncio.Future[tuple[asyncio.Transport, CcgProtocol]] = self.loop.create_future()
        made.set_result((transport, protocol))
        self.connection_made(made)
