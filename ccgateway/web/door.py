"""How many connections the API takes, and for how long one may say nothing."""

from __future__ import annotations

import asyncio
import logging
from http import HTTPStatus

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError
from aiohttp.typedefs import Handler

from ccgateway.web.behalf import ASKER
from ccgateway.web.identify import CONFIGURED
from ccgateway.web.problems import problem
from ccgateway.web.routes import WHO

MOST_CONNECTIONS = 300
"""At once: the watchers, and as many who ask now and then. With what AGI takes at most it stays
below the 1,024 files that Linux gives a process unasked: browsers never keep a caller out."""

MOST_OF_ONE = 100
"""Of them by one token: an agent's cannot keep all others from watching. The configuration's, which
the commands and a web process have, may take any."""

BACKLOG = 64
"""Connections that the kernel holds for us; asyncio takes so many in one go."""

HANDSHAKE_WITHIN = 5.0
"""Seconds for TLS to be agreed on: who is about it has no place yet, and cannot be made to go."""

TOO_MANY = f"This token has {MOST_OF_ONE} connections already; close some."

SILENT_FOR = 75.0
"""Seconds without a whole request after which a connection is closed. A proxy keeps its own for 60
(nginx), and should be the first to let go: else its next request meets a closed door."""


class _NoNoise(logging.Filter):
    """aiohttp logs each request that is none, and each body that cannot be read, with its traceback
    and words: whoever sends such could fill the disk, or write into the log."""

    def filter(self, record: logging.LogRecord) -> bool:
        error = record.exc_info[1] if record.exc_info else None
        return not isinstance(error, HttpProcessingError | web.RequestPayloadError)


logger = logging.getLogger(__name__)
"""What aiohttp has to say, without the noise of strangers."""
logger.addFilter(_NoNoise())


class _Refused(asyncio.Protocol):
    """There is no place."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        if isinstance(transport, asyncio.Transport):
            transport.abort()


class Door:
    """Lets connections in. When all places are taken, the oldest connection goes that has not shown
    a token; where each has, the one that comes."""

    def __init__(self) -> None:
        self._known: dict[web.RequestHandler, str] = {}

    def admit(self, server: web.Server) -> asyncio.BaseProtocol:
        """The protocol of a new connection."""
        there = server.connections
        staying = [one for one in there if one.transport and not one.transport.is_closing()]
        if len(staying) >= MOST_CONNECTIONS:
            stranger = next((one for one in staying if one not in self._known), None)
            if stranger is None or stranger.transport is None:
                return _Refused()
            stranger.transport.abort()
        return server()

    @web.middleware
    async def seeing(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """The middleware that knows who has shown a token. To stand inside the guard."""
        who = request.get(WHO)
        if who is not None and request.protocol not in self._known:
            self._known = {one: of for one, of in self._known.items() if one.transport is not None}
            of = CONFIGURED if ASKER in request else who.token
            if of != CONFIGURED and list(self._known.values()).count(of) >= MOST_OF_ONE:
                return problem(HTTPStatus.TOO_MANY_REQUESTS, TOO_MANY)
            self._known[request.protocol] = of
        return await handler(request)
