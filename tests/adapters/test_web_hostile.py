"""Hostile clients of the API: each is refused at the edge, and the others go on."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack

import aiohttp
import orjson
import pytest
from structlog.testing import capture_logs
from yarl import URL

from ccgateway.errors import UnknownAgent, UnknownCall
from ccgateway.outbound.attempt import Attempt
from ccgateway.outbound.gate import Wanted
from ccgateway.web import door, server
from ccgateway.web.routes import Route
from tests.adapters.served import HEADERS, TOKEN, Served
from tests.adapters.unasked import Unasked

WITHIN = 20.0
STATE = {"at": "", "nodes": [], "calls": [], "agents": [], "queues": []}


class Nobody(Unasked):
    """A loop that knows no agent and no call: what reaches it does no harm, and is not found."""

    async def agent(self, verb: str, agent: str, *, reason: str = "", by: str = "") -> str:
        raise UnknownAgent(f"no agent {agent!r}")

    async def originate(self, wanted: Wanted) -> Attempt:
        raise UnknownAgent(f"no agent {wanted.agent!r}")

    async def attempt(self, attempt_id: str) -> Attempt | None:
        return None

    async def escalate(
        self, call: str, to: str, mode: str, *, agent: str = "", by: str = ""
    ) -> dict[str, str]:
        raise UnknownCall(f"no call {call!r}")

    async def consult(self, call: str, do: str, *, by: str = "") -> dict[str, str]:
        raise UnknownCall(f"no call {call!r}")

    def call(self, call: str) -> Mapping[str, object]:
        raise UnknownCall(f"no call {call!r}")

    def story(self, call: str) -> Mapping[str, object]:
        raise UnknownCall(f"no call {call!r}")

    def services(self) -> list[Mapping[str, object]]:
        return []

    def note(self, call: str, text: str, *, by: str) -> str:
        raise UnknownCall(f"no call {call!r}")


@pytest.fixture
async def gateway() -> AsyncIterator[Served[Nobody]]:
    async with Served(Nobody(), lambda: STATE) as gateway:
        yield gateway


EVIL = {
    "long": "x" * 500,  # all parameters of a query together: still a line that is read
    "control": "\x00\x01\x1b[2J\r\nX: y",
    "percent": "%00%ff%u0000",
    "wide": "\N{TELEPHONE RECEIVER}\N{RIGHT-TO-LEFT OVERRIDE}",
    "dialplan": "${SHELL(id)}",
    "ami": "x\r\nAction: Command\r\nCommand: core stop now",
    "sql": "'; DROP TABLE calls; --",
    "html": "<script>alert(1)</script>",
    "path": "../../../etc/passwd",
    "shell": "$(id)`id`;|&",
}
NO_TEXT = b"\xff\xfe\xed\xa0\x80"  # no UTF-8: a byte order mark, half of a surrogate pair
BODIES = {
    "deep": b"[" * 10_000,
    "deep objects": b'{"a":' * 2_000,
    "huge number": b'{"to": 1' + b"0" * 400 + b"}",
    "not a number": b'{"to": NaN}',
    "doubled": b'{"to": "a", "to": "b"}',
    "surrogate": b'{"to": "\\ud800", "text": "\\ud800", "agent": "\\ud800", "do": "\\ud800"}',
    "list": b'["to"]',
    "text": b'"to"',
    "no text": NO_TEXT,
    "null": b"null",
    "huge": b"x" * 100_000,
    **{
        name: orjson.dumps(dict.fromkeys(("to", "text", "agent", "do", "by", "reason"), value))
        for name, value in EVIL.items()
    },
}
ROUTES = [
    route
    for route in Served(Nobody()).server.routes()
    if route.path not in {"/api/events", "/api/live"}  # no end; see test_web.py
]


def url_of(gateway: Served[Nobody], route: Route, evil: str) -> URL:
    """The route's address with ``evil`` in all of its parts, and as its query."""
    quoted = str(URL.build(path="/" + evil.replace("/", "%2F"))).removeprefix("/")
    path = re.sub(r"{\w+}", lambda _: quoted, route.path)
    names = list(route.query.model_fields) if route.query else ["x"]
    return URL(gateway.url + path).update_query(dict.fromkeys(names, evil))


async def _is_well(gateway: Served[Nobody]) -> bool:
    async with gateway.client() as http, http.get("/api/state") as response:
        return response.status == 200


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.name)
async def test_no_route_breaks(gateway: Served[Nobody], route: Route) -> None:
    """Whatever is in its path, its query, its body and its headers: an answer of the table, told as
    a problem, that does not repeat what was sent as markup or as a header."""
    body = "POST" in route.method
    tries = [(evil, b"{}") for evil in EVIL.values()]
    tries += [("1", sent) for sent in BODIES.values()] if body else []
    async with aiohttp.ClientSession(headers=HEADERS) as http:
        for evil, sent in tries:
            url = url_of(gateway, route, evil)
            async with http.request(route.method, url, data=sent if body else None) as response:
                text = await response.text()
                assert response.status < 500, (evil, sent, text)
                assert "X" not in response.headers
                if response.status >= 400:
                    assert response.content_type == "application/problem+json", text
                    assert orjson.loads(text)["status"] == response.status
                if response.content_type == "text/html":
                    assert "alert(1)" not in text
    assert await _is_well(gateway)


RAW = {
    "no http": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(64),
    "long line": b"GET /" + b"x" * 20_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
    "long header": b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"x" * 20_000 + b"\r\n\r\n",
    "many headers": b"GET / HTTP/1.1\r\nHost: x\r\n" + b"X: y\r\n" * 2_000 + b"\r\n",
    "two lengths": b"POST /api/calls HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 6"
    b"\r\n\r\nhello",
    "both lengths": b"POST /api/calls HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n"
    b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "negative": b"POST /api/calls HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\n",
    "bad chunk": b"POST /api/calls HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    "folded": b"GET / HTTP/1.1\r\nHost: x\r\nX: y\r\n z\r\n\r\n",
    "control": b"GET /\x00 HTTP/1.1\r\nHost: x\r\nX: \x00\r\n\r\n",
    "no version": b"GET /\r\n\r\n",
    "pipelined": b"GET /nowhere HTTP/1.1\r\nHost: x\r\n\r\n" * 200,
}


@pytest.mark.parametrize("name", RAW)
async def test_what_is_no_request(
    gateway: Served[Nobody], name: str, caplog: pytest.LogCaptureFixture
) -> None:
    """It is refused, and fills no log."""
    reader, writer = await asyncio.open_connection("127.0.0.1", gateway.server.port)
    async with asyncio.timeout(WITHIN):
        writer.write(RAW[name])
        writer.write_eof()
        said = await reader.read()
        writer.close()
    for status in re.findall(rb"HTTP/1\.[01] (\d{3})", said):
        assert 400 <= int(status) < 500, said[:300]
    assert await _is_well(gateway)
    assert not caplog.records


BREAKS_OFF = {
    "signIn": b"POST /api/session HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{",
    "events": b"GET /api/events HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %b\r\n\r\n"
    % TOKEN.encode(),
    "live": b"GET /api/live HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %b\r\n"
    b"Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
    b"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n" % TOKEN.encode(),
}


@pytest.mark.parametrize("route", BREAKS_OFF)
async def test_who_breaks_off_fills_no_log(gateway: Served[Nobody], route: str) -> None:
    """Nor does it count as a fault of ours."""
    with capture_logs() as logs:
        async with asyncio.timeout(WITHIN):
            _reader, writer = await asyncio.open_connection("127.0.0.1", gateway.server.port)
            writer.write(BREAKS_OFF[route])
            writer.transport.abort()
            counted = ""
            while f'route="{route}"' not in counted:
                async with gateway.client() as session, session.get("/metrics") as response:
                    counted = await response.text()
    assert f'route="{route}",status="5' not in counted
    assert [entry for entry in logs if entry["log_level"] != "info"] == []


async def test_silent_strangers_keep_nobody_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(door, "MOST_CONNECTIONS", 20)
    async with Served(Nobody(), lambda: STATE) as gateway, AsyncExitStack() as stack:
        http = await stack.enter_async_context(gateway.client())
        live = await stack.enter_async_context(http.ws_connect("/api/live"))
        await live.receive()
        for _ in range(60):
            _, writer = await asyncio.open_connection("127.0.0.1", gateway.server.port)
            stack.callback(writer.close)
        async with asyncio.timeout(WITHIN):
            for _ in range(5):
                assert await _is_well(gateway)
            gateway.feed.publish({"type": "link", "node": "pbx1", "up": True})
            assert "pbx1" in (await live.receive()).data


async def test_when_all_places_are_taken_by_those_we_know(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(door, "MOST_CONNECTIONS", 3)
    async with Served(Nobody(), lambda: STATE) as gateway, gateway.client() as http:
        watching = [await http.ws_connect("/api/live") for _ in range(3)]
        with pytest.raises(aiohttp.ClientError):
            await _is_well(gateway)
        assert not any(socket.closed for socket in watching)
        await watching.pop().close()

        async with asyncio.timeout(WITHIN):
            while True:  # the place is free once the server saw it go
                try:
                    assert await _is_well(gateway)
                    break
                except aiohttp.ClientError:
                    await asyncio.sleep(0.01)
        for socket in watching:
            await socket.close()


@pytest.mark.parametrize("words", [b"", b"GET /api/state HTTP/1.1\r\nHost: x\r\nX: "])
async def test_who_does_not_ask_is_let_go(monkeypatch: pytest.MonkeyPatch, words: bytes) -> None:
    """Also who sends a header's letter now and then."""
    monkeypatch.setattr(server, "SILENT_FOR", 0.5)
    async with Served(Nobody(), lambda: STATE) as gateway, asyncio.timeout(WITHIN):
        reader, writer = await asyncio.open_connection("127.0.0.1", gateway.server.port)
        writer.write(words)
        ending = asyncio.create_task(reader.read())
        while not ending.done():
            if words:
                writer.write(b"x")
            await asyncio.wait([ending], timeout=0.1)
        writer.close()


async def test_a_wrong_token_is_no_passport(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who showed one is a stranger still, and goes first."""
    monkeypatch.setattr(door, "MOST_CONNECTIONS", 3)
    async with Served(Nobody(), lambda: STATE) as gateway, AsyncExitStack() as stack:
        for _ in range(3):
            wrong = {"Authorization": f"Bearer {TOKEN}x"}
            session = await stack.enter_async_context(aiohttp.ClientSession(gateway.url))
            async with session.get("/api/state", headers=wrong) as response:
                assert response.status == 401
        assert await _is_well(gateway)
