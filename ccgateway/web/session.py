"""Signing in with a browser: a token for a cookie, which scripts cannot read.

The cookie is signed, and names the token: revoking the token ends its sessions, and nothing has to
be stored of them.
"""

from __future__ import annotations

from hashlib import sha256
from typing import Annotated, Literal
from urllib.parse import urlsplit

from aiohttp import web
from itsdangerous import BadSignature, URLSafeTimedSerializer
from pydantic import BaseModel, Field

from ccgateway.access.who import Who
from ccgateway.web.body import Body
from ccgateway.web.peer import Peer

LASTS = 7 * 24 * 3600
"""Seconds: a screen on the wall is signed in once a week."""

COOKIE = "ccgateway"
SECURE_COOKIE = f"__Host-{COOKIE}"
"""Over TLS: browsers take a cookie of such a name from this very host only."""

LONGEST_TOKEN = 128
"""Characters, as the configuration allows them."""


class SignInBody(Body):
    """The body of POST /api/session."""

    token: Annotated[str, Field(min_length=1, max_length=LONGEST_TOKEN)]


class Limits(BaseModel):
    """What is shown; a list that is empty is no limit."""

    clients: list[str]
    services: list[str]
    queues: list[str]


class Me(BaseModel):
    """Who asks, and what they may see."""

    name: str
    role: Literal["agent", "supervisor", "administrator"]
    agent: Annotated[str, Field(description="The agent that the token stands for, or empty.")]
    scope: Limits


def me(who: Who) -> Me:
    """As GET /api/session answers."""
    return Me.model_validate(
        {
            "name": who.name,
            "role": who.role.name.lower(),
            "agent": who.agent,
            "scope": {
                "clients": sorted(who.scope.clients),
                "services": sorted(who.scope.services),
                "queues": sorted(who.scope.queues),
            },
        }
    )


class Cookies:
    """Makes and reads the cookies. ``key``: random bytes that outlive a restart, so that sessions
    do."""

    def __init__(self, key: bytes) -> None:
        self._signer = URLSafeTimedSerializer(
            key, salt="ccgateway session", signer_kwargs={"digest_method": sha256}
        )

    def give(self, response: web.Response, named: str, peer: Peer) -> None:
        """Sign the browser in; ``named``: what the cookie names."""
        response.set_cookie(
            SECURE_COOKIE if peer.is_tls else COOKIE,
            str(self._signer.dumps(named)),
            max_age=LASTS,
            path="/",
            httponly=True,
            secure=peer.is_tls,
            samesite="Strict",
        )

    def take(self, response: web.Response, peer: Peer) -> None:
        """Sign the browser out."""
        name = SECURE_COOKIE if peer.is_tls else COOKIE
        response.del_cookie(name, path="/", httponly=True, secure=peer.is_tls, samesite="Strict")

    def named(self, request: web.Request, peer: Peer) -> str | None:
        """What the browser's cookie names; None where it is not signed in."""
        cookie = request.cookies.get(SECURE_COOKIE if peer.is_tls else COOKIE)
        if cookie is None:
            return None
        try:
            value = self._signer.loads(cookie, max_age=LASTS)
        except BadSignature:
            return None
        return value if isinstance(value, str) else None


def is_foreign(request: web.Request, peer: Peer, *, must: bool) -> bool:
    """Whether another site's page sends this: browsers say whose page it is, and no script can
    write it for them. ``must``: who does not say is foreign."""
    origin = request.headers.get("Origin")
    if origin is None:
        return must
    try:
        return _site(origin) != _site(f"{'https' if peer.is_tls else 'http'}://{request.host}")
    except ValueError:  # no port that is one
        return True


def _site(url: str) -> tuple[str, str | None, int]:
    parts = urlsplit(url)
    return parts.scheme, parts.hostname, parts.port or (443 if parts.scheme == "https" else 80)


FOREIGN = (
    "This comes from a page of another site. Behind a proxy: it must pass the Host header on, set "
    "X-Forwarded-Proto, and stand in http.proxies."
)
"""What to say to it."""
