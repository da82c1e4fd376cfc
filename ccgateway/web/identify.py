"""Whose token it is: that of the TOML file, or one of the table of tokens."""

from __future__ import annotations

import hmac
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from time import monotonic
from typing import Protocol

import structlog

from ccgateway.access.token import Token, digest
from ccgateway.access.who import Role, Scope
from ccgateway.config import HttpSettings
from ccgateway.errors import StoreUnavailable

CONFIGURED = "configuration"
"""The name and id of the TOML file's token: this machine's administrator."""

FRESH = 5.0
"""Seconds that what PostgreSQL said of a token is believed: so long a revoked one still works."""

AWAY = 5.0
"""Seconds until PostgreSQL is asked again after it did not answer. Meanwhile the tokens that were
seen before open what they did: a centre does not lose its desks with its database."""

CANNOT_SAY = (
    "PostgreSQL is away, and this token was not seen lately: try again when it is back, or show "
    "the token of [http] in the configuration."
)
"""All that a stranger is told: the cause may name a host and a user."""

MOST_KEPT = 10_000
"""Tokens kept, about 1 kB each; the one not shown for the longest time goes first."""


log = structlog.get_logger(__name__)


class Tokens(Protocol):
    """The table of tokens."""

    async def by_digest(self, digest: bytes) -> Token | None:
        """The token with this digest of its secret, good or not. Raises StoreUnavailable."""

    async def by_id(self, token_id: str) -> Token | None:
        """The token with this id, good or not. Raises StoreUnavailable."""

    def used(self, token_id: str, at: datetime) -> None:
        """It was shown. Written some time later; never blocks, never raises."""


@dataclass(frozen=True, slots=True)
class _Known:
    token: Token
    at: float


class Identify:
    """Finds the good token of a secret or of an id. Without ``tokens`` it knows the TOML file's
    only."""

    def __init__(
        self,
        settings: HttpSettings,
        tokens: Tokens | None = None,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        self._tokens = tokens
        self._clock = clock
        self._known: OrderedDict[bytes | str, _Known] = OrderedDict()
        self._ask_again = 0.0
        self._is_away = False
        self._digest = b""
        self.renew(settings)

    def renew(self, settings: HttpSettings) -> None:
        """The configuration is another now. With another token in it, what began with the one
        before has ended."""
        shown = digest(settings.token.get_secret_value())
        if shown == self._digest:
            return
        self._digest, now = shown, datetime.now(UTC)
        self._configured = Token(CONFIGURED, CONFIGURED, Role.ADMINISTRATOR, Scope(), now)

    def mark(self, key: bytes) -> str:
        """Tells the file's token from one that stood there before; without ``key`` nobody can try
        out by it which token it is."""
        return hmac.new(key, self._digest, "sha256").hexdigest()

    async def of_secret(self, secret: str) -> Token | None:
        """The good token that has this secret. Raises StoreUnavailable where nobody can say."""
        shown = digest(secret)
        if hmac.compare_digest(shown, self._digest):
            return self._configured
        return self._good(await self._look(shown))

    async def of_id(self, token_id: str) -> Token | None:
        """The good token that has this id. Raises StoreUnavailable where nobody can say."""
        if token_id == CONFIGURED:
            return self._configured
        return self._good(await self._look(token_id))

    def _good(self, token: Token | None) -> Token | None:
        now = datetime.now(UTC)
        if token is None or not token.is_good(now):
            return None
        if self._tokens is not None:
            self._tokens.used(token.id, now)
        return token

    async def _look(self, key: bytes | str) -> Token | None:
        """In memory where it is fresh or PostgreSQL is away, else in PostgreSQL."""
        known, now = self._known.get(key), self._clock()
        if self._tokens is None:
            return None
        if known and (now < known.at + FRESH or now < self._ask_again):
            return known.token
        try:
            found = await self._ask(self._tokens, key)
        except StoreUnavailable as error:
            self._lose(error)
            if known is None:
                raise StoreUnavailable(CANNOT_SAY) from error
            return known.token
        self._is_away = False
        if found is None:
            self._known.pop(key, None)
        else:
            self._keep(key, found)
        return found

    def _lose(self, error: StoreUnavailable) -> None:
        self._ask_again = self._clock() + AWAY
        if not self._is_away:
            log.warning("tokens cannot be looked up", why=str(error))
        self._is_away = True

    @staticmethod
    async def _ask(tokens: Tokens, key: bytes | str) -> Token | None:
        return await (tokens.by_digest(key) if isinstance(key, bytes) else tokens.by_id(key))

    def _keep(self, key: bytes | str, token: Token) -> None:
        self._known[key] = _Known(token, self._clock())
        self._known.move_to_end(key)
        if len(self._known) > MOST_KEPT:
            self._known.popitem(last=False)
