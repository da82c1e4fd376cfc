"""Bodies that are packed: huge when they are unpacked, in very many parts, or no such thing."""

from __future__ import annotations

import asyncio
import io
import time
import zlib
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
from structlog.testing import capture_logs

from tests.adapters.served import Served
from tests.adapters.unasked import Unasked

HUGE = 100  # MB
PROCESS = Path("/proc/self")
MOST_GROWTH = 20 * 1024
"""kB that the process may grow by: a small part of what the body would be."""

CODINGS = {"gzip": 16 + zlib.MAX_WBITS, "deflate": zlib.MAX_WBITS}


def bomb(coding: str) -> bytes:
    """Zeros, packed."""
    packer, part = zlib.compressobj(9, wbits=CODINGS[coding]), bytes(1 << 20)
    return b"".join(packer.compress(part) for _ in range(HUGE)) + packer.flush()


def peak() -> int:
    """The most memory that the process has had since ``peak_anew``, in kB."""
    [line] = [row for row in (PROCESS / "status").read_text().splitlines() if "VmHWM" in row]
    return int(line.split()[1])


def peak_anew() -> int:
    """Forget what tests before this one took: under it a bomb would not be seen."""
    (PROCESS / "clear_refs").write_text("5")
    return peak()


@pytest.fixture
async def served() -> AsyncIterator[Served[Unasked]]:
    async with Served(Unasked(), dict) as served:
        yield served


@pytest.mark.parametrize("path", ["/api/calls", "/api/session"])  # the second is open to all
@pytest.mark.parametrize("coding", CODINGS)
async def test_a_body_is_not_unpacked_beyond_its_limit(
    served: Served[Unasked], coding: str, path: str
) -> None:
    packed = bomb(coding)
    before = peak_anew()
    async with served.client() as http:
        headers = {"Content-Encoding": coding, "Content-Type": "application/json"}
        try:
            async with http.post(path, data=packed, headers=headers) as response:
                assert response.status in (400, 413)
        except aiohttp.ClientError:
            pass  # it was cut off before all of it was sent
        assert peak() - before < MOST_GROWTH
        async with http.get("/healthz") as response:
            assert response.status == 200


async def test_very_many_small_parts_do_not_hold_up_the_others(served: Served[Unasked]) -> None:
    """Each empty part of a body unpacks to nothing, so that no limit of sizes meets them."""
    packer = zlib.compressobj(9, wbits=CODINGS["gzip"])
    parts = packer.flush() * 100_000  # 2 MB
    longest = 0.0
    async with served.client() as sender, served.client() as another:
        headers = {"Content-Encoding": "gzip", "Content-Type": "application/json"}
        sending = asyncio.create_task(_sent(sender, parts, headers))
        while not sending.done():
            began = time.monotonic()
            async with another.get("/healthz") as response:
                assert response.status == 200
            longest = max(longest, time.monotonic() - began)
        await sending
    assert longest < 5.0  # a quadratic reader takes minutes


async def _sent(http: aiohttp.ClientSession, body: bytes, headers: dict[str, str]) -> None:
    try:
        async with http.post("/api/session", data=io.BytesIO(body), headers=headers) as response:
            assert response.status in (400, 413)
    except aiohttp.ClientError:
        pass  # it was cut off before all of it was sent


GARBLED = {
    "no gzip": (b"Content-Encoding: gzip\r\nContent-Length: 5", b"hello"),
    "no deflate": (b"Content-Encoding: deflate\r\nContent-Length: 2", b"\xff\xff"),
    "half of a gzip": (b"Content-Encoding: gzip\r\nContent-Length: 2", b"\x1f\x8b"),
    "no chunk": (b"Transfer-Encoding: chunked", b"zz\r\nhello"),
    "another coding": (b"Content-Encoding: nonsense\r\nContent-Length: 5", b"hello"),
}


@pytest.mark.parametrize("kind", GARBLED)
async def test_a_body_that_is_not_what_it_says_is_refused(
    served: Served[Unasked], kind: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Of a stranger, who has no token; and it fills no log."""
    headers, body = GARBLED[kind]
    reader, writer = await asyncio.open_connection("127.0.0.1", served.server.port)
    writer.write(b"POST /api/session HTTP/1.1\r\nHost: x\r\n" + headers + b"\r\n\r\n" + body)
    writer.write_eof()
    with capture_logs() as logs:
        async with asyncio.timeout(20):
            said = await reader.read()
    writer.close()
    assert not said or said.startswith(b"HTTP/1.1 400"), said
    assert not logs
    assert not caplog.records
