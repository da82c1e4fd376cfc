"""Hostile watchers of the live feed: each is let go, and the others are told everything."""

from __future__ import annotations

import asyncio
import base64
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import aiohttp
import orjson
import pytest

from ccgateway.rig.waiting import until
from ccgateway.web import live
from ccgateway.web.body import LARGEST_BODY
from tests.adapters.served import TOKEN, Served
from tests.adapters.unasked import Unasked
from tests.hostile.texts import ACTS, INJECTIONS

WITHIN = 20.0
TEXT, BINARY, CLOSE, PING = 1, 2, 8, 9


def frame(opcode: int, payload: bytes, *, masked: bool = True, head: int = 0x80) -> bytes:
    """A frame as RFC 6455 has it; the mask is nothing but zeros."""
    size, mask = len(payload), 0x80 if masked else 0
    if size < 126:
        length = bytes([mask | size])
    elif size < 1 << 16:
        length = bytes([mask | 126]) + size.to_bytes(2, "big")
    else:
        length = bytes([mask | 127]) + size.to_bytes(8, "big")
    return bytes([head | opcode]) + length + (bytes(4) if masked else b"") + payload


EVIL = {
    "a message too long": frame(TEXT, b"x" * (LARGEST_BODY + 1)),
    "a message that says it is endless": bytes([0x81, 0xFF]) + (2**63 - 1).to_bytes(8, "big"),
    "parts without end": frame(TEXT, b"x", head=0) + frame(0, b"x" * 8000, head=0) * 10,
    "no UTF-8": frame(TEXT, b"\xff\xfe\xed\xa0\x80"),
    "a name for the close that is no UTF-8": frame(CLOSE, b"\x03\xe8\xff\xff"),
    "a close of half a code": frame(CLOSE, b"\x03"),
    "a ping too long": frame(PING, b"x" * 126),
    "a part of a ping": frame(PING, b"x", head=0),
    "an opcode that there is not": frame(3, b"x"),
    "a bit that was not agreed on": frame(TEXT, b"x", head=0xF0),
    "a part of nothing": frame(0, b"x"),
    "no frame": b"GET / HTTP/1.1\r\nHost: x\r\n\r\n" * 20,
}
"""What is no WebSocket: the server ends the connection. (No mask is let pass by aiohttp: it harms
proxies, not us.)"""

HARMLESS = {
    "no mask": frame(TEXT, b"x", masked=False),
    "not what we read": frame(BINARY, bytes(range(256)) * 20),
    "deep": frame(TEXT, b"[" * 10_000),
    "pings": frame(PING, b"x" * 125) * 1_000,
    "very many": frame(TEXT, b"{}") * 20_000,
    "acts": frame(TEXT, b'{"type": "snapshot", "agent": "101", "verb": "logout"}'),
    **{name: frame(TEXT, text.encode()) for name, text in INJECTIONS.items()},
}
"""What a watcher may say: nobody listens."""


def state() -> dict[str, object]:
    return {"calls": [], "agents": [], "queues": []}


@asynccontextmanager
async def stranger(
    port: int, after: str = ""
) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    """A watcher, beyond the handshake, who writes bytes of his own."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    key = base64.b64encode(b"0123456789abcdef").decode()
    writer.write(
        f"GET /api/live{after} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\n"
        f"Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n"
        f"Authorization: Bearer {TOKEN}\r\n\r\n".encode()
    )
    try:
        async with asyncio.timeout(WITHIN):
            assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 101")
        yield reader, writer
    finally:
        writer.transport.abort()


@pytest.fixture
async def served() -> AsyncIterator[Served[Unasked]]:
    async with Served(Unasked(), state) as served:
        yield served


@asynccontextmanager
async def another(served: Served[Unasked]) -> AsyncIterator[aiohttp.ClientWebSocketResponse]:
    """A watcher as they should be, who has had the snapshot."""
    async with served.client() as http, http.ws_connect("/api/live") as socket:
        await socket.receive(WITHIN)
        yield socket


async def is_told(served: Served[Unasked], socket: aiohttp.ClientWebSocketResponse) -> None:
    """That what happens now reaches the watcher."""
    node = f"pbx{served.feed.number}"
    served.feed.publish({"type": "link", "node": node, "up": True})
    [told] = orjson.loads((await socket.receive(WITHIN)).data)
    assert told["node"] == node


@pytest.mark.parametrize("name", EVIL)
async def test_what_is_no_websocket_is_cut_off(served: Served[Unasked], name: str) -> None:
    async with another(served) as socket, stranger(served.server.port) as (reader, writer):
        writer.write(EVIL[name])
        async with asyncio.timeout(WITHIN):
            with suppress(ConnectionError):
                await reader.read()  # to the end
        await is_told(served, socket)
    await until(lambda: served.feed.watchers == 0, "all places are free")


@pytest.mark.parametrize("name", HARMLESS)
async def test_whatever_a_watcher_says_nobody_listens(served: Served[Unasked], name: str) -> None:
    async with another(served) as socket, stranger(served.server.port) as (reader, writer):
        writer.write(HARMLESS[name])
        await is_told(served, socket)
        async with asyncio.timeout(WITHIN):
            while b"pbx" not in await reader.read(65536):
                pass


@pytest.mark.timeout(30)
async def test_half_a_frame_is_waited_for_no_longer_than_a_ping(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(live, "HEARTBEAT", 0.4)
    async with Served(Unasked(), state) as served:
        async with stranger(served.server.port) as (reader, writer):
            writer.write(frame(TEXT, b"x" * 1_000)[:50])
            async with asyncio.timeout(WITHIN):
                with suppress(ConnectionError):
                    assert bytes([0x80 | PING]) in await reader.read()
        await until(lambda: served.feed.watchers == 0, "its place is free")


@pytest.mark.parametrize("name", INJECTIONS)
async def test_what_is_no_id_is_refused(served: Served[Unasked], name: str) -> None:
    async with served.client() as http:
        async with http.get("/api/events", params={"after": INJECTIONS[name]}) as response:
            said = await response.text()
            assert response.status == 400
            assert response.content_type == "application/problem+json"
        assert INJECTIONS[name] not in orjson.loads(said)["detail"]


async def test_what_callers_send_arrives_as_text(served: Served[Unasked]) -> None:
    """In a JSON text of its own, in one event: no line of it begins another."""
    name = "".join(INJECTIONS.values()) + "\n\ndata: {}\r\nid: 7\n\n"
    async with another(served) as socket, served.client() as http, http.get("/api/events") as sse:
        call = {"call_id": "c", "caller": name, "service": "", "queues": [], "agents": []}
        served.feed.publish({"type": "call", "call": call})
        [told] = orjson.loads((await socket.receive(WITHIN)).data)
        assert told["call"]["caller"] == name
        events = b""
        async with asyncio.timeout(WITHIN):
            while b'"caller"' not in events or not events.endswith(b"\n\n"):
                events += await sse.content.readany()
        ids = re.findall(rb"^id: (.*)$", events, re.MULTILINE)
        assert [id_.split(b":")[0].decode() for id_ in ids] == [served.feed.epoch] * 2
        assert not (ACTS - {"\x7f", "\u202e", *map(chr, range(0x80, 0xA0))}) & set(events.decode())
