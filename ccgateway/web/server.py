"""The HTTP server: state, live feed and the agents' verbs, for who has the token."""

from __future__ import annotations

import asyncio
import hmac
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Annotated

from aiohttp import WSCloseCode, WSMsgType, web
from aiohttp.typedefs import Handler
from pydantic import Field

from ccgateway.config import HttpSettings
from ccgateway.engine.ports import Decide
from ccgateway.errors import ConfigError
from ccgateway.web.body import LARGEST_BODY, Body, asker, body_of
from ccgateway.web.feed import Feed, Watcher, as_json
from ccgateway.web.lines import Lines
from ccgateway.web.outbound import Outbound
from ccgateway.web.problems import problem, problems

VERBS = ("login", "logout", "pause", "ready")

LONGEST_REASON = 64
"""Characters, as the configuration allows them."""

HEARTBEAT = 20.0
"""Seconds between pings to a watcher; no answer within half of it: the watcher is gone."""

STOP_WITHIN = 2.0
"""Seconds that running requests get to end at a stop."""

CLOSE_WITHIN = 0.3
"""Seconds that a watcher gets to answer our close: one round trip, the longest on earth. The
answer tells us nothing, and a gateway that stops must not wait for a laptop that sleeps."""

OPEN_TO_ALL = "/healthz"


class Why(Body):
    """The body of an agent's verb."""

    reason: Annotated[str, Field(max_length=LONGEST_REASON)] = ""


class WebServer:
    """The API on ``settings.listen`` and ``settings.port`` (0: a free one).

    ``decide`` answers for the agents; ``snapshot`` returns all that is live, as flat JSON values.
    """

    def __init__(
        self,
        settings: HttpSettings,
        decide: Decide,
        feed: Feed,
        snapshot: Callable[[], Mapping[str, object]],
    ) -> None:
        self._settings = settings
        self._decide = decide
        self._feed = feed
        self._snapshot = snapshot
        self._runner: web.AppRunner | None = None

    @property
    def port(self) -> int:
        """The port it listens on, once started."""
        if self._runner is None:
            return self._settings.port
        return int(self._runner.addresses[0][1])

    async def start(self) -> None:
        """Listen. Raises ConfigError where the address cannot be had."""
        app = web.Application(middlewares=[problems, self._signed_in], client_max_size=LARGEST_BODY)
        app.router.add_get(OPEN_TO_ALL, self._health)
        app.router.add_get("/api/state", self._state)
        app.router.add_get("/api/live", self._live)
        app.router.add_post("/api/agents/{id}/{verb}", self._agent)
        Outbound(self._decide).add_to(app.router)
        Lines(self._decide).add_to(app.router)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=STOP_WITHIN)
        await runner.setup()
        listen, port = self._settings.listen, self._settings.port
        try:
            await web.TCPSite(runner, listen, port).start()
        except OSError as error:
            await runner.cleanup()
            raise ConfigError(
                f"http.listen, http.port: cannot listen on {listen}:{port} "
                f"({error.strerror or error}); choose another, or 0 for a free port"
            ) from error
        self._runner = runner

    async def stop(self) -> None:
        """Let the watchers go, end the running requests, close the port."""
        self._feed.close()
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    @web.middleware
    async def _signed_in(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        token = f"Bearer {self._settings.token.get_secret_value()}".encode()
        given = request.headers.get("Authorization", "").encode("utf-8", "surrogateescape")
        if request.path != OPEN_TO_ALL and not hmac.compare_digest(given, token):
            detail = "Send Authorization: Bearer with the token of [http] in the configuration."
            return problem(HTTPStatus.UNAUTHORIZED, detail, **{"WWW-Authenticate": "Bearer"})
        return await handler(request)

    async def _health(self, _request: web.Request) -> web.Response:
        return web.Response(body=b'{"status":"up"}', content_type="application/json")

    async def _state(self, _request: web.Request) -> web.Response:
        state = as_json(self._feed.state(self._snapshot))
        return web.Response(body=state, content_type="application/json")

    async def _agent(self, request: web.Request) -> web.Response:
        agent, verb = request.match_info["id"], request.match_info["verb"]
        if verb not in VERBS:
            return problem(HTTPStatus.NOT_FOUND, f"An agent can {', '.join(VERBS)}.")
        asked = await body_of(request, Why, 'Send no body, or {"reason": "lunch"}', empty=b"{}")
        if isinstance(asked, web.Response):
            return asked
        state = await self._decide.agent(verb, agent, reason=asked.reason, by=asker(request))
        body = as_json({"agent": agent, "state": state})
        return web.Response(body=body, content_type="application/json")

    async def _live(self, request: web.Request) -> web.StreamResponse:
        socket = web.WebSocketResponse(
            heartbeat=HEARTBEAT, max_msg_size=LARGEST_BODY, compress=False
        )
        if not socket.can_prepare(request):
            return problem(HTTPStatus.UPGRADE_REQUIRED, "This is a WebSocket.", Upgrade="websocket")
        watcher = self._feed.watch(self._snapshot)
        if watcher is None:
            return problem(HTTPStatus.SERVICE_UNAVAILABLE, "Too many watch; try again later.")
        try:
            await socket.prepare(request)
            await self._serve(request, socket, watcher)
        finally:
            self._feed.leave(watcher)
        return socket

    async def _serve(
        self, request: web.Request, socket: web.WebSocketResponse, watcher: Watcher
    ) -> None:
        """Send until the watcher goes, or is let go."""
        tasks = [
            asyncio.create_task(work)
            for work in (_send(socket, watcher), _listen(socket), _let_go(watcher))
        ]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        if not watcher.gone.is_set():
            return
        try:
            async with asyncio.timeout(CLOSE_WITHIN):
                await socket.close(code=WSCloseCode.TRY_AGAIN_LATER, message=b"take a new snapshot")
        except TimeoutError:
            if request.transport is not None:
                request.transport.abort()  # what it will not read must not wait in our memory


async def _send(socket: web.WebSocketResponse, watcher: Watcher) -> None:
    while True:
        await socket.send_frame(await watcher.next(), WSMsgType.TEXT)


async def _listen(socket: web.WebSocketResponse) -> None:
    """Watchers have nothing to say; reading notices that they go, and answers their pings."""
    async for _message in socket:
        pass


async def _let_go(watcher: Watcher) -> None:
    await watcher.gone.wait()
