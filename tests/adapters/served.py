"""A web server that runs in a test, with a double of the loop behind it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Generic, Self, TypeVar

import aiohttp

from ccgateway.config import HttpSettings
from ccgateway.engine.ports import History
from ccgateway.web.access import Access
from ccgateway.web.feed import Feed
from ccgateway.web.ops import Ops
from ccgateway.web.server import WebServer
from tests.adapters.unasked import Unasked, Unrecorded

TOKEN = "test-token-0001"
HEADERS = {"Authorization": f"Bearer {TOKEN}"}
Loop = TypeVar("Loop", bound=Unasked)


class Served(Generic[Loop]):
    """The server and what it stands on."""

    def __init__(
        self,
        loop: Loop,
        state: Callable[[], Mapping[str, object]] = dict,
        port: int = 0,
        *,
        history: History | None = None,
        access: Access | None = None,
        settings: HttpSettings | None = None,
        ops: Ops | None = None,
    ) -> None:
        self.loop = loop
        self.feed = Feed()
        self.settings = settings or HttpSettings.model_validate({"port": port, "token": TOKEN})
        self.server = WebServer(
            self.settings,
            loop,
            self.feed,
            state,
            history=history or Unrecorded(),
            access=access,
            ops=ops,
        )

    @property
    def url(self) -> str:
        scheme = "https" if self.settings.tls_cert else "http"
        return f"{scheme}://127.0.0.1:{self.server.port}"

    async def __aenter__(self) -> Self:
        await self.server.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.server.stop()

    def client(self) -> aiohttp.ClientSession:
        """One who has the token."""
        return aiohttp.ClientSession(self.url, headers=HEADERS)
