"""A web process beside the gateway of the centre, within the test's own process: wired as
``ccgateway.web_process`` does it."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from typing import Self

from ccgateway.rig.waiting import until
from ccgateway.web.access import Access
from ccgateway.web.client import Client
from ccgateway.web.feed import Feed
from ccgateway.web.forward import Forward
from ccgateway.web.limits import Limits
from ccgateway.web.mirror import Mirror, Remote
from ccgateway.web.server import WebServer
from tests.adapters.centre import Book, Gateway, Past, http_settings
from tests.adapters.served import TOKEN


class Beside:
    """The same centre, asked by way of a web process. ``loop`` and ``feed`` are the gateway's."""

    def __init__(self, book: Book, *, failed: Limits | None = None) -> None:
        self._gateway = Gateway(book, failed=failed)
        self.loop, self.feed = self._gateway.loop, self._gateway.feed
        self._access = Access(http_settings(), tokens=book, audit=book, failed=failed)
        self._mirror = Mirror(Feed())
        self._stack = AsyncExitStack()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.port}"

    async def __aenter__(self) -> Self:
        await self._stack.enter_async_context(self._gateway)
        client = await self._stack.enter_async_context(Client(self._gateway.url, TOKEN))
        self.server = WebServer(
            http_settings(),
            Remote(self._mirror, self.loop.attempt),
            self._mirror.feed,
            self._mirror.state,
            history=Past(),
            access=self._access,
            through=Forward(client, ()).through,
        )
        await self.server.start()
        self._stack.push_async_callback(self.server.stop)
        self._stack.callback(asyncio.create_task(self._follow(client)).cancel)
        await until(lambda: self._mirror.is_up, "it hears the gateway")
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stack.aclose()

    async def _follow(self, client: Client) -> None:
        async for change in client.live():
            self._mirror.heard(change)
