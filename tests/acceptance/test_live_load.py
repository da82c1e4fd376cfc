"""A hundred watch a busy centre, ten of them never read: the others do not notice."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field

import aiohttp
import orjson
import psutil
import pytest

from ccgateway.web.feed import KEPT
from tests.adapters.served import HEADERS
from tests.adapters.watchers import mute_watcher, read_to_the_end

pytestmark = [
    pytest.mark.acceptance,
    pytest.mark.alone,
    pytest.mark.long,  # it asserts a time, and a busy machine that misses it would block others
]

READERS, MUTE = 90, 10
RATE, SECONDS = 500, 20
ALL = RATE * SECONDS
P99_S = 0.1
WARM_S = KEPT / RATE + 5
"""Seconds until the feed keeps as much as it ever does, and the mute ones are gone."""

GROWTH = 4 * 2**20
"""Bytes that the process may grow by from then on: the allocator's breathing."""


@dataclass
class Server:
    """The process, and the port it serves on."""

    process: subprocess.Popen[str]
    port: int

    @property
    def memory(self) -> int:
        return int(psutil.Process(self.process.pid).memory_info().rss)

    @property
    def cpu_s(self) -> float:
        times = psutil.Process(self.process.pid).cpu_times()
        return float(times.user + times.system)

    def begin(self) -> None:
        """Let it publish."""
        assert self.process.stdin is not None
        self.process.stdin.write("\n")
        self.process.stdin.flush()


@dataclass
class Reader:
    """One who reads: how late each change was, and which."""

    lags: list[float] = field(default_factory=list)
    numbers: list[int] = field(default_factory=list)

    async def read(self, live: aiohttp.ClientWebSocketResponse) -> None:
        while len(self.numbers) < ALL:
            message = await live.receive()
            now = time.monotonic()
            for change in orjson.loads(message.data):
                if "told" in change:
                    self.lags.append(now - change["told"])
                    self.numbers.append(int(change["id"].partition(":")[2]))


@asynccontextmanager
async def served() -> AsyncIterator[Server]:
    words = [sys.executable, "-m", "tests.acceptance.live_server", str(RATE), str(SECONDS)]
    pipe = subprocess.PIPE
    process = await asyncio.to_thread(subprocess.Popen, words, stdin=pipe, stdout=pipe, text=True)
    try:
        assert process.stdout is not None
        yield Server(process, int(await asyncio.to_thread(process.stdout.readline)))
    finally:
        process.communicate(timeout=10)


async def test_a_hundred_watch_and_ten_never_read() -> None:
    async with AsyncExitStack() as stack:
        server = await stack.enter_async_context(served())
        mute = [await mute_watcher(server.port) for _ in range(MUTE)]
        for one in mute:
            stack.callback(one.close)
        connector = aiohttp.TCPConnector(limit=0)
        http = aiohttp.ClientSession(
            f"http://127.0.0.1:{server.port}", headers=HEADERS, connector=connector
        )
        await stack.enter_async_context(http)
        readers = [Reader() for _ in range(READERS)]
        lives = [
            await stack.enter_async_context(http.ws_connect("/api/live", max_msg_size=0))
            for _ in readers
        ]
        reading = [
            asyncio.create_task(reader.read(live))
            for reader, live in zip(readers, lives, strict=True)
        ]
        server.begin()
        async with asyncio.timeout(SECONDS + 20):
            await asyncio.sleep(WARM_S)
            warm, busy = server.memory, server.cpu_s
            async with http.get("/api/state") as response:
                watchers = (await response.json())["watchers"]
            await asyncio.gather(*reading)
        grown, busy = server.memory - warm, server.cpu_s - busy
        unread = [await asyncio.to_thread(read_to_the_end, one) for one in mute]
    lags = sorted(lag for reader in readers for lag in reader.lags)
    p50, p99 = (lags[int(len(lags) * part)] for part in (0.5, 0.99))
    print(  # noqa: T201  # the figures are what this is for
        f"\n{len(lags)} changes to {READERS} readers: lag p50 {p50 * 1000:.0f} ms, "
        f"p99 {p99 * 1000:.0f} ms, worst {lags[-1] * 1000:.0f} ms; memory {warm / 2**20:.0f} MB, "
        f"{grown / 2**20:+.1f} MB since; processor {busy / (SECONDS - WARM_S):.0%}"
    )
    assert all(reader.numbers == list(range(1, ALL + 1)) for reader in readers)
    assert watchers == READERS
    assert max(unread) < ALL * 100, "who never reads is let go, and was not sent everything"
    assert p99 < P99_S
    assert grown < GROWTH
