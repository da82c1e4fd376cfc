"""The HTTP server: it mounts the routes of each part, and lets in whom ``Access`` knows."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable, Mapping, Sequence
from functools import partial

from aiohttp import web

from ccgateway.config import HttpSettings
from ccgateway.engine.ports import Decide, History
from ccgateway.errors import ConfigError
from ccgateway.web import tls
from ccgateway.web.access import Access
from ccgateway.web.body import LARGEST_BODY
from ccgateway.web.capture import Capture
from ccgateway.web.docs import Docs
from ccgateway.web.door import BACKLOG, HANDSHAKE_WITHIN, SILENT_FOR, Door
from ccgateway.web.door import logger as door_logger
from ccgateway.web.feed import Feed
from ccgateway.web.gaps import GapRoutes
from ccgateway.web.health import Health
from ccgateway.web.history import CallRoutes
from ccgateway.web.journal import JournalRoutes
from ccgateway.web.lines import Lines
from ccgateway.web.live import Live
from ccgateway.web.metrics import Metrics
from ccgateway.web.once import Once
from ccgateway.web.ops import Ops
from ccgateway.web.outbound import Outbound
from ccgateway.web.pages import Pages
from ccgateway.web.problems import problems
from ccgateway.web.reload import Reload
from ccgateway.web.routes import Route
from ccgateway.web.state import State

STOP_WITHIN = 2.0
"""Seconds that running requests get to end at a stop."""


def _itself(route: Route) -> Route:
    return route


class WebServer:
    """The API on ``settings.listen`` and ``settings.port`` (0: a free one).

    ``decide`` answers for the agents; ``snapshot`` returns all that is live, as flat JSON values;
    ``history`` tells of the past.
    ``access`` says who asks (by itself it knows the token of ``settings`` only); ``ops`` is for
    those who run us; ``more`` are routes that the wiring adds. ``through`` makes of each route
    that which is served: a web process passes some on to the gateway. ``table`` is that of the
    TOML file which the settings are from.
    """

    def __init__(
        self,
        settings: HttpSettings,
        decide: Decide,
        feed: Feed,
        snapshot: Callable[[], Mapping[str, object]],
        *,
        history: History,
        access: Access | None = None,
        ops: Ops | None = None,
        more: Sequence[Route] = (),
        through: Callable[[Route], Route] = _itself,
        table: str = "http",
    ) -> None:
        self._settings = settings
        self._decide = decide
        self._feed = feed
        self._snapshot = snapshot
        self._history = history
        self._once = Once()
        self._access = access or Access(settings)
        self._ops = ops or Ops()
        self._metrics = Metrics(self._ops.numbers)
        self._more = more
        self._through = through
        self._table = table
        self._runner: web.AppRunner | None = None
        self._listening: asyncio.Server | None = None
        self._tls: ssl.SSLContext | None = None

    @property
    def port(self) -> int:
        """The port it listens on, once started."""
        if self._listening is None:
            return self._settings.port
        return int(self._listening.sockets[0].getsockname()[1])

    def renew(self, settings: HttpSettings) -> None:
        """From the next request on another token, other proxies, and what is in the files of the
        certificate now; the address stays. Raises ConfigError, and then all is as before."""
        if self._tls is not None:
            tls.renew(self._tls, settings, self._table)
        self._settings = settings
        self._access.renew(settings)

    async def start(self) -> None:
        """Listen. Raises ConfigError where the address or the certificate cannot be had."""
        self._tls = tls.context_of(self._settings, self._table)
        routes, door = self.routes(), Door()
        app = web.Application(
            middlewares=[
                self._metrics.counting(),
                self._access.audited(routes),
                problems,
                self._access.guard(routes, self._decide),
                door.seeing,
            ],
            client_max_size=LARGEST_BODY,
        )
        for route in routes:
            route.add_to(app.router)
        runner = web.AppRunner(
            app,
            access_log=None,
            logger=door_logger,
            shutdown_timeout=STOP_WITHIN,
            keepalive_timeout=SILENT_FOR,
        )
        await runner.setup()
        assert runner.server is not None  # noqa: S101 - ``setup`` makes it
        listen, port = self._settings.listen, self._settings.port
        try:
            self._listening = await asyncio.get_running_loop().create_server(
                partial(door.admit, runner.server),
                listen,
                port,
                backlog=BACKLOG,
                ssl=self._tls,
                ssl_handshake_timeout=HANDSHAKE_WITHIN if self._tls else None,
            )
        except OSError as error:
            await runner.cleanup()
            raise ConfigError(
                f"{self._table}.listen, {self._table}.port: cannot listen on {listen}:{port} "
                f"({error.strerror or error}); choose another, or 0 for a free port"
            ) from error
        self._runner = runner

    def routes(self) -> list[Route]:
        """All of them."""
        routes = [
            *Health(self._ops.parts).routes(),
            *self._metrics.routes(),
            *Reload(self._ops.reload).routes(),
            *Capture(self._ops.tape).routes(),
            *JournalRoutes(self._ops.journal).routes(),
            *self._access.routes(),
            *Pages().routes(),
            *State(self._decide, self._feed, self._snapshot).routes(),
            *Live(self._feed, self._snapshot).routes(),
            *Outbound(self._decide).routes(),
            *Lines(self._decide, self._once).routes(),
            *CallRoutes(self._decide, self._history).routes(),
            *GapRoutes(self._history).routes(),
            *self._more,
        ]
        return [*map(self._through, routes), *Docs(routes).routes()]

    async def stop(self) -> None:
        """Let the watchers go, end the running requests, close the port."""
        self._feed.close()
        if self._listening is not None:
            self._listening.close()
            self._listening = None
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None
