"""The FastAGI server: who may come in, how long they may take, and who answers them.

One connection is one protocol object, without a task until its request is whole and its secret
right; so those who connect and close, trickle or flood cost a few microseconds each, and nothing
that they do is waited for.
"""

from __future__ import annotations

import asyncio
import hmac
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from ipaddress import ip_address
from types import ModuleType
from typing import cast

import structlog

from ccgateway.agi import (
    agent_login,
    agent_logout,
    agent_pause,
    agent_ready,
    inbound,
    outbound,
)
from ccgateway.agi.complaints import Complaints
from ccgateway.agi.exchange import Exchange
from ccgateway.agi.limits import (
    ACCEPT_AT_ONCE,
    BACKLOG,
    MAX_SESSIONS,
    MAX_WAITING,
    REQUEST_TIME,
    SESSION_TIME,
)
from ccgateway.agi.reply import BadReply
from ccgateway.agi.request import BadRequest, Request, RequestReader
from ccgateway.agi.session import Session, SessionOver
from ccgateway.config import AgiSettings
from ccgateway.engine.ports import Clock, Decide
from ccgateway.errors import CcgError, ConfigError

Handler = Callable[[Request, Session, Exchange], Awaitable[None]]

_MODULES: tuple[ModuleType, ...] = (
    inbound,
    outbound,
    agent_login,
    agent_logout,
    agent_pause,
    agent_ready,
)
HANDLERS: Mapping[str, Handler] = {module.ADDRESS: module.answer for module in _MODULES}
"""Who answers, by the path of the address."""

ACCEPT_TURNS = 3
"""Turns of asyncio's loop from accept() to connection_made (selector_events.py)."""

log = structlog.get_logger()


@dataclass(slots=True)
class AgiStats:
    """Counts since the start. ``seconds`` is the time of all answers together, ``slowest`` that of
    the slowest; from the whole request to the last reply."""

    accepted: int = 0  # connections
    answered: int = 0  # sessions that were told all they asked
    ended: int = 0  # sessions that the caller or Asterisk ended before
    refused: int = 0  # by network, secret, address, or because all sessions are taken
    dropped: int = 0  # connections that sent no request, a bad one, or were too slow with it
    errors: int = 0  # sessions that failed
    seconds: float = 0.0
    slowest: float = 0.0


class AgiServer:
    """Answers the dialplan's AGI() calls.

    ``nodes``: the names of our Asterisks; ``reasons``: the pause reasons, by digit from 1.
    """

    def __init__(
        self,
        settings: AgiSettings,
        decide: Decide,
        clock: Clock,
        *,
        nodes: Sequence[str],
        reasons: Sequence[str],
    ) -> None:
        self.stats = AgiStats()
        self._settings = settings
        self._secret = settings.secret.get_secret_value().encode()
        self._exchange = Exchange(decide, clock, nodes, reasons)
        self._open: set[_Connection] = set()
        self._empty = asyncio.Event()
        self._waiting: dict[_Connection, None] = {}  # oldest first
        self._sessions: dict[_Connection, asyncio.Task[None]] = {}
        self._server: asyncio.Server | None = None

    def renew(self, settings: AgiSettings, reasons: Sequence[str]) -> None:
        """From the next connection on another secret, other networks, other pause reasons; the
        address stays."""
        self._settings = settings
        self._secret = settings.secret.get_secret_value().encode()
        self._exchange = replace(self._exchange, reasons=reasons)

    async def start(self) -> None:
        """Listen. Raises ConfigError where the address cannot be had."""
        loop = asyncio.get_running_loop()
        self._complain = Complaints(loop.time).complain
        listen, port = self._settings.listen, self._settings.port
        try:
            self._server = await loop.create_server(
                lambda: _Connection(self),
                listen,
                port,
                backlog=ACCEPT_AT_ONCE,  # asyncio's one number for two things: the other is below
            )
        except OSError as error:
            raise ConfigError(
                f"agi.listen, agi.port: cannot listen on {listen}:{port} "
                f"({error.strerror or error}); choose another, and the same in the dialplan"
            ) from error
        for listening in self._server.sockets:
            with listening.dup() as same:
                same.listen(BACKLOG)

    @property
    def port(self) -> int:
        """The port we listen on."""
        if self._server is None:
            raise RuntimeError("the AGI server is not started")
        return cast("int", self._server.sockets[0].getsockname()[1])

    async def stop(self) -> None:
        """Stop listening, and end all sessions: their callers take the static branch."""
        if self._server is None:
            return
        self._server.close()
        for _ in range(ACCEPT_TURNS):  # those whom asyncio has let in but not told us of
            await asyncio.sleep(0)
        tasks = list(self._sessions.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if self._open:
            self._empty.clear()
            for connection in self._open:
                connection.abort()
            await self._empty.wait()
        self._server = None

    # -- called by the connections

    def admit(self, connection: _Connection) -> None:
        """Let a new connection in, if its network may; there is always room for it."""
        self.stats.accepted += 1
        self._open.add(connection)
        if not self._allowed(connection.peer):
            self._refuse(connection, "AGI refused: the network is not in agi.allow")
            return
        if len(self._waiting) >= MAX_WAITING:
            self.drop(next(iter(self._waiting)), "AGI: the oldest idle connection made room")
        self._waiting[connection] = None

    def drop(self, connection: _Connection, event: str, why: str = "") -> None:
        """End a connection that has not asked anything, or asked it wrongly."""
        self.stats.dropped += 1
        self._complain(event, peer=connection.peer, why=why)
        connection.close()
        self._waiting.pop(connection, None)

    def serve(self, connection: _Connection, request: Request, session: Session) -> None:
        """Answer a request, if its client may ask it."""
        self._waiting.pop(connection, None)
        said = request.argument(0).encode()
        handler = HANDLERS.get(request.address)
        if not hmac.compare_digest(said, self._secret):
            self._refuse(connection, "AGI refused: CCG_AGI_SECRET is not agi.secret")
        elif handler is None:
            self._refuse(connection, "AGI refused: no such address", address=request.address[:80])
        elif len(self._sessions) >= MAX_SESSIONS:
            self._refuse(connection, "AGI refused: too many sessions")
        else:
            work = self._answer(connection, request, session, handler)
            self._sessions[connection] = asyncio.get_running_loop().create_task(work)

    def forget(self, connection: _Connection) -> None:
        """The connection is gone."""
        self._waiting.pop(connection, None)
        self._open.discard(connection)
        if not self._open:
            self._empty.set()

    # -- within

    def _allowed(self, peer: str) -> bool:
        try:
            address = ip_address(peer)
        except ValueError:  # it closed before we could ask who it was
            return False
        return any(address in network for network in self._settings.allow)

    def _refuse(self, connection: _Connection, event: str, **detail: str) -> None:
        self.stats.refused += 1
        self._complain(event, peer=connection.peer, **detail)
        connection.close()

    async def _answer(
        self, connection: _Connection, request: Request, session: Session, handler: Handler
    ) -> None:
        loop = asyncio.get_running_loop()
        started = loop.time()
        told = log.bind(address=request.address, uniqueid=request.headers["agi_uniqueid"])
        try:
            async with asyncio.timeout(SESSION_TIME):
                await handler(request, session, self._exchange)
            self.stats.answered += 1
        except SessionOver:
            self.stats.ended += 1
            told.info("AGI session ended before the answer was told")
        except (CcgError, TimeoutError) as error:
            self.stats.errors += 1
            told.error("AGI session failed", why=str(error) or "it took too long")
        except Exception:
            # Whatever it is, it is this session's alone; the dialplan takes the static branch.
            self.stats.errors += 1
            told.exception("AGI session failed")
        finally:
            took = loop.time() - started
            self.stats.seconds += took
            self.stats.slowest = max(self.stats.slowest, took)
            self._sessions.pop(connection, None)
            connection.close()


class _Connection(asyncio.Protocol):
    """One client, from connect to close."""

    def __init__(self, server: AgiServer) -> None:
        self.peer = ""
        self._why = ""
        self._server = server
        self._reader = RequestReader()
        self._session: Session | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        peer = transport.get_extra_info("peername")
        self.peer = str(peer[0]) if peer else ""
        loop = asyncio.get_running_loop()
        self._timer = loop.call_later(REQUEST_TIME, self._late)
        self._server.admit(self)

    def data_received(self, data: bytes) -> None:
        try:
            if self._session:
                self._talk(self._session, data)
            elif request := self._reader.feed(data):
                self._timer.cancel()
                self._session = Session(self._transport.write)
                self._server.serve(self, request, self._session)
        except BadRequest as error:
            # Not closed before its time is up, and not read any more: who floods us is stopped by
            # TCP then, instead of coming again at once and taking the time of those who ask.
            self._transport.pause_reading()
            self._why = str(error)

    def connection_lost(self, exc: Exception | None) -> None:
        self._timer.cancel()
        self._server.forget(self)
        if self._session:
            self._session.end(SessionOver())

    def _talk(self, session: Session, data: bytes) -> None:
        try:
            session.feed(data)
        except BadReply as error:
            session.end(error)
            self._transport.close()

    def close(self) -> None:
        """Send what is written, then close; a session that still talks is over."""
        self._timer.cancel()
        self._transport.close()

    def abort(self) -> None:
        """Close at once."""
        self._timer.cancel()
        self._transport.abort()

    def _late(self) -> None:
        if self._why:
            self._server.drop(self, "AGI: bad request", self._why)
            self._transport.abort()
        else:
            self._server.drop(self, "AGI: no whole request in time")
