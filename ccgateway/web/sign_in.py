"""From what a request shows, a token or a session's cookie, to whose token it is."""

from __future__ import annotations

from collections import OrderedDict
from http import HTTPStatus
from time import monotonic

import structlog
from aiohttp import web

from ccgateway.access.token import Token, digest
from ccgateway.config import HttpSettings
from ccgateway.web.behalf import ASKER, asker_in
from ccgateway.web.identify import CONFIGURED, Identify, Tokens
from ccgateway.web.limits import FAILED, Limits, too_many
from ccgateway.web.peer import Peer
from ccgateway.web.problems import problem
from ccgateway.web.session import FOREIGN, Cookies, is_foreign

SAFE = ("GET", "HEAD", "OPTIONS")
SCHEME = "bearer "

MARKED = ":"
"""Between id and mark; no id has it."""

MOST_WELCOME = 10_000
"""Pairs of address and token kept that were good together: wrong tokens from the same address (a
script on this machine, a colleague behind the same router) do not shut these out."""

MOST_TOLD = 10_000
"""Addresses kept that the log has told of."""

TELL_AGAIN = 3600.0
"""Seconds until the log tells again of an address that goes on guessing."""

ASK_FOR_ONE = (
    "Send Authorization: Bearer with a token (ccgateway token create), or that of [http] in the "
    "configuration."
)
WRONG_TOKEN = f"This token opens nothing: unknown, revoked, or run out. {ASK_FOR_ONE}"
SESSION_ENDED = "The session has ended: sign in again with the token's link."
TOO_MANY_WRONG = "Too many wrong tokens came from this address."


log = structlog.get_logger(__name__)


class SignIn:
    """Finds the token of a request, or the response that refuses it."""

    def __init__(
        self, settings: HttpSettings, tokens: Tokens | None, key: bytes, failed: Limits | None
    ) -> None:
        self.identify = Identify(settings, tokens)
        self._cookies = Cookies(key)
        self._key = key
        self._failed = failed or Limits(FAILED)
        self._welcome: OrderedDict[tuple[str, bytes], None] = OrderedDict()
        self._told: OrderedDict[str, float] = OrderedDict()

    async def token_of(self, request: web.Request, peer: Peer) -> Token | web.Response:
        """Whose request it is. Raises StoreUnavailable where nobody can say now."""
        if header := request.headers.get("Authorization", ""):
            if not header.lower().startswith(SCHEME):
                return unauthorized(ASK_FOR_ONE)
            token = await self.by_secret(header[len(SCHEME) :].strip(), peer)
            return await self._meant(request, token)
        named = self._cookies.named(request, peer)
        if named is None:
            return unauthorized(ASK_FOR_ONE)
        must = request.method not in SAFE or "Upgrade" in request.headers
        if is_foreign(request, peer, must=must):
            return problem(HTTPStatus.FORBIDDEN, FOREIGN)
        token_id = named.partition(MARKED)[0]
        if named != self._named(token_id):
            return unauthorized(SESSION_ENDED)
        return await self.identify.of_id(token_id) or unauthorized(SESSION_ENDED)

    def begin(self, response: web.Response, token: Token, peer: Peer) -> None:
        """Sign the browser in."""
        self._cookies.give(response, self._named(token.id), peer)

    def end(self, response: web.Response, peer: Peer) -> None:
        """Sign the browser out."""
        self._cookies.take(response, peer)

    def _named(self, token_id: str) -> str:
        """What a session's cookie names. The file's token has the same id whatever it is: who
        changes it means to shut out whoever had the one before."""
        if token_id != CONFIGURED:
            return token_id
        return f"{CONFIGURED}{MARKED}{self.identify.mark(self._key)}"

    async def _meant(
        self, request: web.Request, token: Token | web.Response
    ) -> Token | web.Response:
        """Whom the web process asks for, where it does: it has the configuration's token. Who else
        says so is not heard."""
        asker = asker_in(request)
        if asker is None or isinstance(token, web.Response) or token.id != CONFIGURED:
            return token
        request[ASKER] = asker
        return await self.identify.of_id(asker.token) or unauthorized(SESSION_ENDED)

    async def by_secret(self, secret: str, peer: Peer) -> Token | web.Response:
        """The good token with this secret. Raises StoreUnavailable where nobody can say now: that
        counts as wrong, for it tells that the secret is not the file's."""
        pair = (peer.home, digest(secret))
        # Taken before it is known: else a hundred guesses at once would count as the first of them.
        if pair not in self._welcome and (wait := self._failed.take(peer.home)):
            self._tell(peer.home)
            return too_many(wait, TOO_MANY_WRONG)
        token = await self.identify.of_secret(secret)
        if token is None:
            self._welcome.pop(pair, None)
            return unauthorized(WRONG_TOKEN)
        if pair not in self._welcome:
            self._failed.give(peer.home)
        self._welcome[pair] = None
        self._welcome.move_to_end(pair)
        if len(self._welcome) > MOST_WELCOME:
            self._welcome.popitem(last=False)
        return token

    def _tell(self, home: str) -> None:
        """Say that somebody guesses, not each guess."""
        now = monotonic()
        told = self._told.get(home)
        if told is None or now - told >= TELL_AGAIN:
            log.warning("many wrong tokens from one address: somebody guesses", address=home)
            self._told[home] = now
            self._told.move_to_end(home)
            if len(self._told) > MOST_TOLD:
                self._told.popitem(last=False)


def unauthorized(detail: str) -> web.Response:
    """401."""
    return problem(HTTPStatus.UNAUTHORIZED, detail, **{"WWW-Authenticate": "Bearer"})
