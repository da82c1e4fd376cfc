"""The HTTP API and the live feed, on a real server with real clients."""

from __future__ import annotations

import asyncio
import base64
import socket
import time
from collections.abc import AsyncIterator
from typing import Any, ClassVar

import aiohttp
import orjson
import pytest

from ccgateway.errors import (
    ActionTimeout,
    CcgError,
    ConfigError,
    PbxUnavailable,
    Refused,
    UnknownAgent,
    UnsafeText,
)
from ccgateway.web import body, feed
from ccgateway.web.client import Client, NoGateway
from tests.adapters.served import HEADERS, TOKEN, Served
from tests.adapters.unasked import Unasked

WITHIN = 20.0
AT_ONCE = 1.0  # seconds: half of what running requests get


class Desk(Unasked):
    """The loop's side: remembers what it was asked, and refuses by the agent's id."""

    ERRORS: ClassVar[dict[str, Exception]] = {
        "nobody": UnknownAgent("there is no agent nobody"),
        "busy": Refused("101 is talking"),
        "unsafe": UnsafeText(),
        "mute": ActionTimeout(),
        "away": PbxUnavailable("pbx1 is away"),
        "broken": CcgError("a secret inside"),
        "bug": KeyError("a secret inside"),
    }

    def __init__(self) -> None:
        self.asked: list[tuple[str, str, str, str]] = []

    async def agent(self, verb: str, agent: str, *, reason: str = "", by: str = "") -> str:
        if agent in self.ERRORS:
            raise self.ERRORS[agent]
        self.asked.append((verb, agent, reason, by))
        return "paused" if verb == "pause" else "ready"


class Gateway(Served[Desk]):
    """With a desk, and a state that tests change."""

    def __init__(self, port: int = 0) -> None:
        self.state: dict[str, object] = {"calls": [], "agents": [{"id": "101"}]}
        super().__init__(Desk(), lambda: self.state, port)


@pytest.fixture
async def gateway() -> AsyncIterator[Gateway]:
    async with Gateway() as gateway:
        yield gateway


@pytest.fixture
async def http(gateway: Gateway) -> AsyncIterator[aiohttp.ClientSession]:
    async with gateway.client() as session:
        yield session


async def _problem(response: aiohttp.ClientResponse) -> tuple[int, str]:
    assert response.content_type == "application/problem+json"
    told = orjson.loads(await response.read())
    assert told["status"] == response.status
    assert told["title"]
    return response.status, told["detail"]


class TestToken:
    @pytest.mark.parametrize(
        "header",
        [None, "", "Bearer", "Bearer x", f"Basic {TOKEN}", f"Bearer {TOKEN}x", "Bearer \xe9"],
    )
    async def test_nothing_without_it(self, gateway: Gateway, header: str | None) -> None:
        headers = {} if header is None else {"Authorization": header}
        async with aiohttp.ClientSession(gateway.url, headers=headers) as session:
            for method, path in [
                ("GET", "/api/state"),
                ("GET", "/api/live"),
                ("POST", "/api/agents/101/login"),
                ("GET", "/nowhere"),
            ]:
                async with session.request(method, path) as response:
                    status, detail = await _problem(response)
                    assert status == 401
                    assert "Bearer" in detail
                    assert response.headers["WWW-Authenticate"] == "Bearer"
        assert not gateway.loop.asked

    async def test_health_is_open(self, gateway: Gateway) -> None:
        async with (
            aiohttp.ClientSession() as session,
            session.get(f"{gateway.url}/healthz") as response,
        ):
            assert await response.json() == {"status": "up"}


class TestState:
    async def test_is_the_snapshot(self, gateway: Gateway, http: aiohttp.ClientSession) -> None:
        gateway.feed.publish({"type": "call"})
        async with http.get("/api/state") as response:
            assert await response.json() == {**gateway.state, "seq": 1}

    @pytest.mark.parametrize(
        ("method", "path", "expected"), [("GET", "/nowhere", 404), ("POST", "/api/state", 405)]
    )
    async def test_what_is_not_there(
        self, http: aiohttp.ClientSession, method: str, path: str, expected: int
    ) -> None:
        async with http.request(method, path) as response:
            status, detail = await _problem(response)
        assert status == expected
        assert detail


class TestAgents:
    async def test_a_verb_reaches_the_loop(
        self, gateway: Gateway, http: aiohttp.ClientSession
    ) -> None:
        async with http.post("/api/agents/101/pause", json={"reason": "lunch"}) as response:
            assert await response.json() == {"agent": "101", "state": "paused"}
        async with http.post("/api/agents/101/ready") as response:
            assert await response.json() == {"agent": "101", "state": "ready"}
        assert gateway.loop.asked == [
            ("pause", "101", "lunch", "api"),
            ("ready", "101", "", "api"),
        ]

    @pytest.mark.parametrize(
        ("agent", "expected", "said"),
        [
            ("nobody", 404, "there is no agent nobody"),
            ("busy", 409, "101 is talking"),
            ("unsafe", 400, "control characters"),
            ("mute", 504, "in time"),
            ("away", 503, "pbx1 is away"),
            ("broken", 500, "log"),
            ("bug", 500, "log"),
        ],
    )
    async def test_a_refusal_has_its_code(
        self, http: aiohttp.ClientSession, agent: str, expected: int, said: str
    ) -> None:
        async with http.post(f"/api/agents/{agent}/login") as response:
            status, detail = await _problem(response)
        assert status == expected
        assert said in detail
        assert "a secret inside" not in detail

    async def test_an_unknown_verb(self, gateway: Gateway, http: aiohttp.ClientSession) -> None:
        async with http.post("/api/agents/101/fire") as response:
            assert await _problem(response) == (404, "An agent can login, logout, pause, ready.")
        assert not gateway.loop.asked

    @pytest.mark.parametrize(
        "sent",
        [
            b"{",
            b"[]",
            b'"lunch"',
            b"null",
            b'{"reason": 7}',
            b'{"reason": null}',
            b'{"reason": "x", "more": 1}',
            b'{"reason": "' + b"x" * 65 + b'"}',
            b"\xff\xfe",
            b"[" * 4000,
            b"\x00",
        ],
    )
    async def test_a_hostile_body(
        self, gateway: Gateway, http: aiohttp.ClientSession, sent: bytes
    ) -> None:
        async with http.post("/api/agents/101/pause", data=sent) as response:
            status, detail = await _problem(response)
        assert status == 400
        assert '{"reason": "lunch"}' in detail
        assert not gateway.loop.asked

    async def test_a_large_body(self, gateway: Gateway, http: aiohttp.ClientSession) -> None:
        async with http.post("/api/agents/101/pause", data=b" " * 100_000) as response:
            assert (await _problem(response))[0] == 413
        assert not gateway.loop.asked

    async def test_a_body_that_does_not_come(
        self, gateway: Gateway, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(body, "BODY_WITHIN", 0.1)
        reader, writer = await asyncio.open_connection("127.0.0.1", gateway.server.port)
        writer.write(
            b"POST /api/agents/101/pause HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n"
            + f"Authorization: Bearer {TOKEN}\r\n\r\n{{".encode()
        )
        async with asyncio.timeout(WITHIN):
            assert b" 408 " in await reader.readline()
        writer.close()
        await writer.wait_closed()


class TestFeed:
    async def test_the_snapshot_and_then_every_change(
        self, gateway: Gateway, http: aiohttp.ClientSession
    ) -> None:
        gateway.feed.publish({"type": "call", "x": 0})
        async with http.ws_connect("/api/live") as live, asyncio.timeout(WITHIN):
            assert await live.receive_json() == {**gateway.state, "type": "snapshot", "seq": 1}
            for number in (2, 3):
                gateway.feed.publish({"type": "call", "x": number})
            assert await live.receive_json() == {"type": "call", "x": 2, "seq": 2}
            assert await live.receive_json() == {"type": "call", "x": 3, "seq": 3}

    async def test_a_plain_request_is_told(self, http: aiohttp.ClientSession) -> None:
        async with http.get("/api/live") as response:
            assert (await _problem(response))[0] == 426

    async def test_too_many(
        self, http: aiohttp.ClientSession, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(feed, "MOST_WATCHERS", 1)
        async with http.ws_connect("/api/live") as live:
            await live.receive_json()
            with pytest.raises(aiohttp.WSServerHandshakeError) as caught:
                await http.ws_connect("/api/live")
            assert caught.value.status == 503
        async with asyncio.timeout(WITHIN):  # the place is free again once the server saw it go
            while True:
                try:
                    async with http.ws_connect("/api/live"):
                        break
                except aiohttp.WSServerHandshakeError:
                    await asyncio.sleep(0.01)

    async def test_a_slow_watcher_is_dropped_and_the_others_get_everything(
        self, gateway: Gateway, http: aiohttp.ClientSession
    ) -> None:
        slow = await _mute_watcher(gateway.server.port)
        batches, batch, filling = 20, 200, "x" * 10_000
        async with http.ws_connect("/api/live", max_msg_size=0) as live, asyncio.timeout(60):
            await live.receive_json()
            expected = 0
            for _ in range(batches):
                for _ in range(batch):
                    gateway.feed.publish({"type": "call", "filling": filling})
                for _ in range(batch):  # a batch fits; who reads is never too slow
                    expected += 1
                    assert (await live.receive_json())["seq"] == expected
            read = await asyncio.to_thread(_read_to_the_end, slow)
        assert expected == batches * batch
        assert read < batches * batch * len(filling)

    async def test_words_of_a_watcher_do_no_harm(
        self, gateway: Gateway, http: aiohttp.ClientSession
    ) -> None:
        async with http.ws_connect("/api/live") as live, asyncio.timeout(WITHIN):
            await live.receive_json()
            await live.send_str("${SHELL(x)}")
            await live.send_bytes(b"\x00" * 100)
            gateway.feed.publish({"type": "call"})
            assert (await live.receive_json())["seq"] == 1
            await live.send_bytes(b"\x00" * 100_000)  # too long: it alone is put out
            assert (await live.receive()).type is aiohttp.WSMsgType.CLOSE
        async with http.get("/api/state") as response:
            assert response.status == 200


async def _mute_watcher(port: int) -> socket.socket:
    """A watcher who asks for the feed and then reads nothing."""
    loop = asyncio.get_running_loop()
    slow = socket.socket()
    slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    slow.setblocking(False)
    await loop.sock_connect(slow, ("127.0.0.1", port))
    key = base64.b64encode(b"0123456789abcdef").decode()
    await loop.sock_sendall(
        slow,
        f"GET /api/live HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n"
        f"Authorization: Bearer {TOKEN}\r\n\r\n".encode(),
    )
    assert b" 101 " in await loop.sock_recv(slow, 20)
    slow.settimeout(WITHIN)
    return slow


def _read_to_the_end(slow: socket.socket) -> int:
    """How many bytes were still under way when the server had let go."""
    read = 0
    with slow:
        try:
            while part := slow.recv(65536):
                read += len(part)
        except ConnectionResetError:
            pass
    return read


class TestServer:
    async def test_a_taken_port_is_named(self, gateway: Gateway) -> None:
        second = Gateway(gateway.server.port)
        with pytest.raises(ConfigError, match=rf"http.*127\.0\.0\.1:{gateway.server.port}"):
            await second.server.start()
        await second.server.stop()

    async def test_a_stop_lets_watchers_go_at_once(self) -> None:
        gateway = Gateway()
        await gateway.server.start()
        async with aiohttp.ClientSession(gateway.url, headers=HEADERS) as session:
            live = await session.ws_connect("/api/live")
            await live.receive_json()
            async with asyncio.timeout(WITHIN):
                stopping = asyncio.create_task(gateway.server.stop())
                message = await live.receive()
                await stopping
            assert (message.type, message.data) == (aiohttp.WSMsgType.CLOSE, 1013)
            with pytest.raises(aiohttp.ClientConnectionError):
                await session.get(f"{gateway.url}/healthz")

    async def test_a_stop_does_not_wait_for_a_watcher_that_sleeps(self) -> None:
        gateway = Gateway()
        await gateway.server.start()
        sleeper = await _mute_watcher(gateway.server.port)
        began = time.monotonic()
        await gateway.server.stop()
        assert time.monotonic() - began < AT_ONCE
        await asyncio.to_thread(_read_to_the_end, sleeper)


class TestClient:
    async def test_asks_and_orders(self, gateway: Gateway) -> None:
        async with Client(gateway.url, TOKEN) as client:
            assert await client.state() == {**gateway.state, "seq": 0}
            assert await client.agent("pause", "101", "lunch") == "paused"
        assert gateway.loop.asked == [("pause", "101", "lunch", "cli")]

    @pytest.mark.parametrize(
        ("agent", "error"),
        [
            ("nobody", UnknownAgent),
            ("busy", Refused),
            ("mute", PbxUnavailable),
            ("away", PbxUnavailable),
            ("bug", CcgError),
        ],
    )
    async def test_errors_come_back(
        self, gateway: Gateway, agent: str, error: type[Exception]
    ) -> None:
        async with Client(gateway.url, TOKEN) as client:
            with pytest.raises(error) as caught:
                await client.agent("login", agent)
        assert caught.type is error
        assert str(caught.value)

    async def test_an_odd_agent_stays_one_name(self, gateway: Gateway) -> None:
        async with Client(gateway.url, TOKEN) as client:
            await client.agent("login", "../101/logout?x#\u00e9%2f")
        assert gateway.loop.asked == [("login", "../101/logout?x#\u00e9%2f", "", "cli")]

    async def test_a_wrong_token_is_told(self, gateway: Gateway) -> None:
        async with Client(gateway.url, "wrong") as client:
            with pytest.raises(Refused, match="token"):
                await client.state()
            with pytest.raises(Refused, match="token"):
                await anext(client.live())

    async def test_no_gateway_is_told(self) -> None:
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))  # bound, not listening: nobody else gets the port
            url = f"http://127.0.0.1:{taken.getsockname()[1]}"
            async with Client(url, TOKEN) as client:
                with pytest.raises(NoGateway, match=f"no gateway at {url}/?; is it running"):
                    await client.state()
                with pytest.raises(NoGateway, match="is it running"):
                    await anext(client.live())

    async def test_takes_a_new_snapshot_when_the_gateway_is_back(self) -> None:
        first = Gateway()
        await first.server.start()
        seen: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        async with Client(first.url, TOKEN) as client, asyncio.timeout(WITHIN):

            async def watch() -> None:
                async for change in client.live():
                    seen.put_nowait(change)

            watching = asyncio.create_task(watch())
            assert (await seen.get())["type"] == "snapshot"
            first.feed.publish({"type": "call"})
            assert await seen.get() == {"type": "call", "seq": 1}
            port = first.server.port
            await first.server.stop()
            assert await seen.get() == {"type": "lost"}
            second = Gateway(port)
            second.state = {"calls": ["new"]}
            await second.server.start()
            assert await seen.get() == {"type": "snapshot", "calls": ["new"], "seq": 0}
            watching.cancel()
            await asyncio.gather(watching, return_exceptions=True)
            await second.server.stop()
