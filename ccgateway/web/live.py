"""``/api/live`` and ``/api/events``: the feed over a WebSocket, and as server-sent events."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from http import HTTPStatus
from time import monotonic
from typing import Annotated

import structlog
from aiohttp import WSCloseCode, WSMsgType, web
from pydantic import Field

from ccgateway.access.who import Role, Scope, Who
from ccgateway.web.body import LARGEST_BODY
from ccgateway.web.feed import Feed, Frame, Message, Watcher
from ccgateway.web.identify import CONFIGURED
from ccgateway.web.params import Params, query_of
from ccgateway.web.problems import problem
from ccgateway.web.routes import WHO, Route
from ccgateway.web.told import Change, Changes

HEARTBEAT = 20.0
"""Seconds between pings to a watcher; no answer within half of it: the watcher is gone."""

CLOSE_WITHIN = 0.3
"""Seconds that a watcher gets to answer our close: one round trip, the longest on earth. The
answer tells us nothing, and a gateway that stops must not wait for a laptop that sleeps."""

SENT_UNREAD = 256 * 1024
"""Bytes that the kernel may hold for a watcher (Linux takes twice as many); by itself it holds
megabytes, so that who never reads would be sent half a minute of a busy centre first."""

AGAIN_MS = 1000
"""Milliseconds after which an EventSource comes back, where the gateway went away."""

LAST_EVENT = "Last-Event-ID"
EVENTS = "text/event-stream"
EVENT_STREAM = {
    "Content-Type": EVENTS,
    "Cache-Control": "no-store",
    "X-Accel-Buffering": "no",  # nginx would hold events back until it has a page of them
}

TURNING = 20.0
"""Seconds from when a token is first seen with another scope, by which all who watched in the one
before are cut off (``access``): until then whoever comes back with it may be one of them."""

MOST_OF_ONE = 50
"""Watchers by one token, of the 200 that there may be: a page that comes back in a loop, or one
agent's program, cannot keep all others from watching. The configuration's token is free."""

TOO_MANY = "Too many watch; try again later."
TOO_MANY_OF_ONE = (
    f"{MOST_OF_ONE} watch by this token already: close some, or give each desk a token of its own."
)

log = structlog.get_logger()


class Since(Params):
    """Where a watcher goes on."""

    after: Annotated[
        str,
        Field(
            pattern=r"^([0-9a-f]{16}:[0-9]{1,18})?$",
            description="The id of the last change that was seen: what came after it follows, or "
            "a new snapshot where that is not kept any more.",
        ),
    ] = ""


def in_array(messages: Sequence[Message]) -> bytes:
    """A WebSocket message: a JSON array of changes."""
    return b"[%b]" % b",".join(text for _, text in messages)


def in_events(messages: Sequence[Message]) -> bytes:
    """Server-sent events: one a change."""
    return b"".join(b"id: %b\ndata: %b\n\n" % (id_.encode(), text) for id_, text in messages)


class Live:
    """The routes of the live feed; ``snapshot`` returns all that is live, as flat JSON values."""

    def __init__(self, feed: Feed, snapshot: Callable[[], Mapping[str, object]]) -> None:
        self._feed = feed
        self._snapshot = snapshot
        self._scopes: dict[str, tuple[Scope, float, int]] = {}
        self._tokens: dict[Watcher, str] = {}  # who watches by which

    def routes(self) -> list[Route]:
        """The routes."""
        busy = {
            HTTPStatus.SERVICE_UNAVAILABLE: TOO_MANY,
            HTTPStatus.TOO_MANY_REQUESTS: "Too many requests, or too many watch by this token.",
        }
        upgrade = {HTTPStatus.UPGRADE_REQUIRED: "It is a WebSocket."}
        return [
            Route(
                "GET", "/api/live", "live", self._live, Role.AGENT,
                "The live feed as a WebSocket: each message is a JSON array of changes.",
                query=Since, answer=Changes, status=HTTPStatus.SWITCHING_PROTOCOLS,
                refusals={**busy, **upgrade},
            ),
            Route(
                "GET", "/api/events", "events", self._events, Role.AGENT,
                "The live feed as server-sent events: one a change, which is its data.",
                query=Since, answer=Change, media=EVENTS, refusals=busy,
            ),
        ]  # fmt: skip

    async def _live(self, request: web.Request) -> web.StreamResponse:
        live = web.WebSocketResponse(heartbeat=HEARTBEAT, max_msg_size=LARGEST_BODY, compress=False)
        if not live.can_prepare(request):
            return problem(HTTPStatus.UPGRADE_REQUIRED, "This is a WebSocket.", Upgrade="websocket")
        watcher = self._watch(request, in_array)
        if isinstance(watcher, web.Response):
            return watcher
        try:
            await live.prepare(request)
            await _serve(watcher, _to(live), _listen(live))
            if watcher.gone.is_set():
                await _take_leave(request, live)
        finally:
            self._leave(watcher)
        return live

    async def _events(self, request: web.Request) -> web.StreamResponse:
        watcher = self._watch(request, in_events, request.headers.get(LAST_EVENT, ""))
        if isinstance(watcher, web.Response):
            return watcher
        stream = web.StreamResponse(headers=EVENT_STREAM)
        try:
            await stream.prepare(request)
            await stream.write(b"retry: %d\n\n" % AGAIN_MS)
            await _serve(watcher, stream.write)
            _cut(request)  # what it will not read must not wait in our memory
        finally:
            self._leave(watcher)
        return stream

    def _watch(self, request: web.Request, frame: Frame, last: str = "") -> Watcher | web.Response:
        """The watcher, or the response that says why there is none. ``last``: the last id, as a
        browser repeats it; one that is not known gives a snapshot."""
        asked = query_of(request, Since)
        if isinstance(asked, web.Response):
            return asked
        if request.transport is not None:
            connection = request.transport.get_extra_info("socket")
            with suppress(OSError):  # it is gone already: sending will tell
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SENT_UNREAD)
        who, after = request[WHO], last or asked.after
        if who.token != CONFIGURED and list(self._tokens.values()).count(who.token) >= MOST_OF_ONE:
            return problem(HTTPStatus.TOO_MANY_REQUESTS, TOO_MANY_OF_ONE)
        watcher = self._feed.watch(who.scope, frame, self._snapshot, after, self._since(who))
        if watcher is None:
            return problem(HTTPStatus.SERVICE_UNAVAILABLE, TOO_MANY)
        self._tokens[watcher] = who.token
        return watcher

    def _leave(self, watcher: Watcher) -> None:
        del self._tokens[watcher]
        self._feed.leave(watcher)

    def _since(self, who: Who) -> int:
        """The last change that may have been told in another scope (an agent has other queues since
        a reload), -1 for none: what is hidden or shown since then, no later change would tell."""
        now = monotonic()
        scope, turned_at, since = self._scopes.get(who.token, (who.scope, -TURNING, -1))
        if scope != who.scope:
            turned_at = now
        if now < turned_at + TURNING:
            since = self._feed.number
        self._scopes[who.token] = (who.scope, turned_at, since)
        return since


async def _serve(
    watcher: Watcher, send: Callable[[bytes], Awaitable[None]], *more: Awaitable[None]
) -> None:
    """Send until the watcher goes, or is let go, or ``more`` ends."""
    works = (_send(watcher, send), _let_go(watcher), *more)
    tasks = [asyncio.ensure_future(work) for work in works]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        for ended in await asyncio.gather(*tasks, return_exceptions=True):
            if isinstance(ended, Exception) and not isinstance(ended, ConnectionError):
                log.error("a watcher could not be served", exc_info=ended)


async def _send(watcher: Watcher, send: Callable[[bytes], Awaitable[None]]) -> None:
    while True:
        await send(await watcher.next())


def _to(live: web.WebSocketResponse) -> Callable[[bytes], Awaitable[None]]:
    async def send(message: bytes) -> None:
        await live.send_frame(message, WSMsgType.TEXT)

    return send


async def _listen(live: web.WebSocketResponse) -> None:
    """Watchers have nothing to say; reading notices that they go, and answers their pings."""
    async for _message in live:
        pass


async def _let_go(watcher: Watcher) -> None:
    await watcher.gone.wait()


async def _take_leave(request: web.Request, live: web.WebSocketResponse) -> None:
    try:
        async with asyncio.timeout(CLOSE_WITHIN):
            await live.close(code=WSCloseCode.TRY_AGAIN_LATER, message=b"come back with ?after=")
    except TimeoutError:
        _cut(request)  # what it will not read must not wait in our memory


def _cut(request: web.Request) -> None:
    if request.transport is not None:
        request.transport.abort()
