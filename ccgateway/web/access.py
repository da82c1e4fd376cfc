"""Who asks over HTTP, whether they may, and what they did."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Protocol

import structlog
from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from ccgateway.access.act import Act
from ccgateway.access.token import Token
from ccgateway.access.who import Role, Who
from ccgateway.config import HttpSettings
from ccgateway.engine.ports import Decide
from ccgateway.errors import Forbidden, NoGateway, StoreUnavailable, UnknownAgent
from ccgateway.web.behalf import ASKER
from ccgateway.web.body import body_of
from ccgateway.web.feed import as_json
from ccgateway.web.identify import Tokens
from ccgateway.web.limits import PER_TOKEN, Limits, too_many
from ccgateway.web.peer import Peer, is_in_clear, peer_of
from ccgateway.web.problems import problem
from ccgateway.web.reach import REACH, Reach, check_path
from ccgateway.web.routes import WHO, Route
from ccgateway.web.session import FOREIGN, Me, SignInBody, is_foreign, me
from ccgateway.web.sign_in import SignIn

CHECK_AGAIN = 10.0
"""Seconds: so long one who watches does so after the token was revoked or ran out."""

LONGEST_TARGET = 200
"""Characters of what an act was done to that the audit keeps; our own ids are shorter."""

HEALTH = ("healthz", "readyz")
"""Routes that hold nothing to hide: who watches machines asks them as it pleases."""

IN_CLEAR = (
    "This way is not encrypted, and tokens could be read on it: come by https, through the proxy "
    "that stands before this port."
)

TOO_OFTEN = "This token asks too often."

log = structlog.get_logger(__name__)


class Audit(Protocol):
    """Where acts are kept."""

    def put(self, act: Act) -> None:
        """Keep an act. Never blocks, never raises."""


class Access:
    """The check before every route, and the routes of signing in and out.

    By itself it knows the token of [http] only. ``tokens`` is the table of tokens, ``audit`` keeps
    what was done, ``key`` (random bytes) signs the sessions: with another one they end.
    """

    def __init__(
        self,
        settings: HttpSettings,
        *,
        tokens: Tokens | None = None,
        audit: Audit | None = None,
        key: bytes = b"",
        per_token: Limits | None = None,
        failed: Limits | None = None,
    ) -> None:
        self._settings = settings
        self._audit = audit
        self._sign_in = SignIn(settings, tokens, key or secrets.token_bytes(), failed)
        self._per_token = per_token or Limits(PER_TOKEN)

    def renew(self, settings: HttpSettings) -> None:
        """The configuration is another now: its token, and its proxies."""
        self._settings = settings
        self._sign_in.identify.renew(settings)

    def routes(self) -> list[Route]:
        """The routes of signing in and out."""
        path = "/api/session"
        return [
            Route(
                "POST", path, "signIn", self._begin, None,
                "Sign a browser in: a token for a cookie.", body=SignInBody, answer=Me, acts=True,
                refusals={HTTPStatus.UNAUTHORIZED: "the token opens nothing"},
            ),
            Route(
                "GET", path, "session", self._session, Role.AGENT,
                "Who asks, and what they may see.", answer=Me,
            ),
            Route(
                "DELETE", path, "signOut", self._end, Role.AGENT,
                "Sign the browser out.", status=HTTPStatus.NO_CONTENT, acts=True,
            ),
        ]  # fmt: skip

    def guard(self, routes: Sequence[Route], decide: Decide) -> Middleware:
        """The middleware for these routes: it sets WHO and REACH, or refuses. To stand inside
        ``problems``. A route that is not in the table opens to nobody."""
        table = _table(routes)

        @web.middleware
        async def guarded(request: web.Request, handler: Handler) -> web.StreamResponse:
            route = table.get(request.match_info.route.name or "")
            if is_in_clear(request, self._settings) and (route is None or route.name not in HEALTH):
                return problem(HTTPStatus.FORBIDDEN, IN_CLEAR)
            if route is not None and route.least is None:
                return await handler(request)
            peer = self._peer(request)
            token = await self._sign_in.token_of(request, peer)
            if isinstance(token, web.Response):
                return token
            who = _who(token, decide)
            if wait := self._per_token.take(token.id):
                return too_many(wait, TOO_OFTEN)  # no act: it would fill the audit at their pace
            request[WHO] = who
            if route is None:  # what the router found, or that it found nothing, is not for us
                raise request.match_info.http_exception or web.HTTPNotFound
            request[REACH] = Reach(who, decide)
            if route.checked:
                _check_role(who, route)
                check_path(request, route)
            return await self._serve(request, handler, token, decide)

        return guarded

    def audited(self, routes: Sequence[Route]) -> Middleware:
        """The middleware that keeps what was done, and by whom. To stand outside ``problems``."""
        table = _table(routes)

        @web.middleware
        async def auditing(request: web.Request, handler: Handler) -> web.StreamResponse:
            response = await handler(request)
            route = table.get(request.match_info.route.name or "")
            if route is not None and route.acts and (who := request.get(WHO)) is not None:
                self._keep(_act(who, route, request, response, self._peer(request)))
            if not response.prepared:
                response.headers.setdefault("X-Content-Type-Options", "nosniff")
                if request.path.startswith("/api/"):  # who calls whom is not for caches
                    response.headers.setdefault("Cache-Control", "no-store")
            return response

        return auditing

    def _peer(self, request: web.Request) -> Peer:
        peer = peer_of(request, self._settings.proxies)
        asker = request.get(ASKER)
        return peer if asker is None else replace(peer, address=asker.address)

    def _keep(self, act: Act) -> None:
        log.info("act", what=act.what, target=act.target, who=act.who, status=act.status)
        if self._audit is not None:
            self._audit.put(act)

    async def _serve(
        self, request: web.Request, handler: Handler, token: Token, decide: Decide
    ) -> web.StreamResponse:
        """Handle it for as long as the token is good: who watches does so for hours."""
        checking = asyncio.create_task(self._cut_off(request, token, decide))
        try:
            return await handler(request)
        finally:
            checking.cancel()

    async def _cut_off(self, request: web.Request, token: Token, decide: Decide) -> None:
        """Close the connection when the token is no longer good, or shows something else."""
        while True:
            await asyncio.sleep(CHECK_AGAIN)
            with suppress(StoreUnavailable, NoGateway):
                if not await self._is_still(request[WHO], token, decide):
                    break
        if request.transport is not None:
            request.transport.abort()  # ``close`` waits until all is read, which may be never

    async def _is_still(self, who: Who, token: Token, decide: Decide) -> bool:
        """Whether the token still stands for ``who``: it may have ended, another may stand in the
        file in its place, and its agent may be gone, or in other queues."""
        now = await self._sign_in.identify.of_id(token.id)
        if now is None or now.created_at != token.created_at:
            return False
        try:
            return _who(now, decide) == who
        except Forbidden:
            return False

    async def _begin(self, request: web.Request) -> web.Response:
        peer = self._peer(request)
        if is_foreign(request, peer, must=False):
            return problem(HTTPStatus.FORBIDDEN, FOREIGN)
        asked = await body_of(request, SignInBody, 'Send {"token": "ccg_..."}')
        if isinstance(asked, web.Response):
            return asked
        token = await self._sign_in.by_secret(asked.token, peer)
        if isinstance(token, web.Response):
            return token
        if wait := self._per_token.take(token.id):
            return too_many(wait, TOO_OFTEN)
        if token.role is Role.SHIPPER:
            raise Forbidden("a shipper's token is for ccgateway journal ship, and opens no page")
        who = request[WHO] = token.who()
        response = _me(who)
        self._sign_in.begin(response, token, peer)
        return response

    async def _session(self, request: web.Request) -> web.Response:
        return _me(request[WHO])

    async def _end(self, request: web.Request) -> web.Response:
        response = web.Response(status=HTTPStatus.NO_CONTENT)
        self._sign_in.end(response, self._peer(request))
        return response


def _table(routes: Sequence[Route]) -> Mapping[str, Route]:
    table = {route.name: route for route in routes}
    if len(table) < len(routes):
        raise ValueError("two routes have the same name: one would be checked as the other")
    return table


def _who(token: Token, decide: Decide) -> Who:
    """Raises Forbidden where an agent's token outlived the agent."""
    if token.role is not Role.AGENT:
        return token.who()
    try:
        queues = decide.agent_state(token.scope.agent)["queues"]
    except UnknownAgent as error:
        raise Forbidden(f"your token stands for an agent who is gone: {error}") from error
    assert isinstance(queues, list)  # noqa: S101 - ``engine.view`` makes it
    return token.who(frozenset(queues))


def _check_role(who: Who, route: Route) -> None:
    """Raises Forbidden."""
    if route.least is not None and who.role < route.least and who.role is not route.also:
        raise Forbidden(
            f"this needs the role {route.least.name.lower()}; your token {who.name!r} has "
            f"{who.role.name.lower()}"
        )


def _me(who: Who) -> web.Response:
    return web.Response(body=as_json(me(who).model_dump()), content_type="application/json")


def _act(
    who: Who, route: Route, request: web.Request, response: web.StreamResponse, peer: Peer
) -> Act:
    made = response.headers.get("Location", "").rpartition("/")[2]
    target = made or "/".join(request.match_info.values())
    return Act(
        datetime.now(UTC),
        who.name,
        who.token,
        who.role.name.lower(),
        route.name,
        target[:LONGEST_TARGET],
        response.status,
        peer.address,
    )
