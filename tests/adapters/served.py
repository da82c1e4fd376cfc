"""A web server that runs in a test, with a double of the loop behind it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Generic, Self, TypeVar

import aiohttp

from ccgateway.config import HttpSettings
from ccgateway.web import Feed, WebServer
from tests.adapters.unasked import Unasked

TOKEN = "test-token-0001"
HEADERS = {"Authorization": f"Bearer {TOKEN}"}
Loop = TypeVar("Loop", bound=Unasked)


class Served(Generic[Loop]):
    """The server and what it stands on."""

    def __init__(
        self, loop: Loop, state: Callable[[], Mapping[str, object]] = dict, port: int = 0
    ) -> None:
        self.loop = loop
        self.feed = Feed()
        settings = HttpSettings(port=port, token=TOKEN)  # type: ignore[arg-type]  # pydantic wraps it
        self.server = WebServer(settings, loop, self.feed, state)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.port}"

    async def __aenter__(self) -> Self:
        await self.server.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.server.stop()

    def client(self) -> aiohttp.ClientSession:
        """One who has the token."""
        return aiohttp.ClientSession(self.url, headers=HEADERS)
