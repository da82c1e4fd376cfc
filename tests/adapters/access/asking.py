"""How a test asks a gateway of its own, and as whom."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import aiohttp

from ccgateway.access.bucket import Limit
from tests.adapters.centre import (
    Book,
    Gateway,
)

WITHIN = 10.0
SECRET = "ccg_supervisor"
FEW = Limit(burst=3, rate=0.001)


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def browser(gateway: Gateway, *, forged: bool = False) -> aiohttp.ClientSession:
    """One that keeps cookies, and says whose page asks, as browsers do."""
    origin = "http://evil.example" if forged else gateway.url
    jar = aiohttp.CookieJar(unsafe=True)  # also of hosts that are addresses
    return aiohttp.ClientSession(gateway.url, headers={"Origin": origin}, cookie_jar=jar)


async def ask(
    gateway: Gateway, headers: dict[str, str], path: str = "/api/session", method: str = "GET"
) -> tuple[int, Any]:
    async with (
        aiohttp.ClientSession(gateway.url) as session,
        session.request(method, path, headers=headers) as response,
    ):
        return response.status, await response.json()


async def until_closed(socket: aiohttp.ClientWebSocketResponse) -> None:
    async for _ in socket:
        pass


def revoke(book: Book) -> None:
    book.tokens[SECRET] = replace(book.tokens[SECRET], revoked_at=datetime.now(UTC))
