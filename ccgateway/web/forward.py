"""What a web process passes on to the gateway: all that acts, and what it alone knows. The
gateway checks, limits and audits it as if the asker had come to it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from http import HTTPStatus

import aiohttp
from aiohttp import web

from ccgateway.config.words import Network
from ccgateway.web.behalf import Asker
from ccgateway.web.body import read
from ccgateway.web.client import Client
from ccgateway.web.once import KEY, REPLAYED
from ccgateway.web.peer import peer_of
from ccgateway.web.problems import problem
from ccgateway.web.routes import WHO, Handler, Route

OWN = frozenset({"signIn", "signOut"})
"""Acts of the web process: the session is with it."""

LASTS = frozenset({"capture"})
"""What goes on for minutes is asked of the gateway itself."""

ASKED = frozenset({"call", "services"})
"""Questions that the gateway answers better: of a live call it knows the newest."""

SENT = ("Content-Type", KEY)
GIVEN = ("Content-Type", "Location", "Retry-After", REPLAYED)
"""Headers that go on to the gateway, and come back from it."""

UNSURE = "The gateway did not answer; whether it was done is not known."


class Forward:
    """``through`` is for the server: it makes the routes that are passed on by ``client``."""

    def __init__(self, client: Client, proxies: Sequence[Network]) -> None:
        self._client = client
        self._proxies = proxies

    def through(self, route: Route) -> Route:
        """The route as a web process serves it."""
        acts = route.acts and route.name not in OWN | LASTS
        if not acts and route.name not in ASKED:
            return route
        # The gateway says who may do what as it is now, and keeps refusals in its audit, too.
        handler = self._passing(route.handler, acts=acts)
        return replace(route, handler=handler, acts=False, checked=False)

    def _passing(self, handler: Handler, *, acts: bool) -> Handler:
        """Pass it on. ``handler`` answers without the gateway: a question out of the record; for an
        act, that nothing was done."""

        async def passed_on(request: web.Request) -> web.StreamResponse:
            sent = await read(request)
            if isinstance(sent, web.Response):
                return sent
            try:
                return await self._asked(request, sent)
            except aiohttp.ClientConnectorError:
                return await handler(request)
            except (aiohttp.ClientError, TimeoutError, OSError):
                if not acts:
                    return await handler(request)
                return problem(HTTPStatus.GATEWAY_TIMEOUT, UNSURE)

        return passed_on

    async def _asked(self, request: web.Request, sent: bytes) -> web.Response:
        asker = Asker(request[WHO].token, peer_of(request, self._proxies).address)
        headers = {name: request.headers[name] for name in SENT if name in request.headers}
        headers["User-Agent"] = request.headers.get("User-Agent", "")  # by it the CLI is known
        status, answer, told = await self._client.passed_on(
            request.method, request.rel_url.raw_path_qs, sent, {**headers, **asker.headers()}
        )
        given = {name: told[name] for name in GIVEN if name in told}
        return web.Response(status=status, body=answer, headers=given)
