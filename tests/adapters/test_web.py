"""The HTTP API and the live feed, on a real server with real clients."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import AsyncIterator
from typing import ClassVar

import aiohttp
import orjson
import pytest

from ccgateway.errors import (
    ActionTimeout,
    CcgError,
    ConfigError,
    NoGateway,
    PbxUnavailable,
    Refused,
    UnknownAgent,
    UnsafeText,
)
from ccgateway.web import body, server
from ccgateway.web.client import Client
from tests.adapters.served import HEADERS, TOKEN, Served
from tests.adapters.unasked import Unasked
from tests.adapters.watchers import mute_watcher, read_to_the_end

WITHIN = 20.0
AT_ONCE = 5.0  # seconds: half of what aiohttp waits for a close to be answered


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
            assert await response.json() == {**gateway.state, "id": f"{gateway.feed.epoch}:1"}

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

    async def test_a_stop_does_not_wait_for_a_watcher_that_sleeps(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(server, "STOP_WITHIN", 60.0)  # which would end any waiting
        gateway = Gateway()
        await gateway.server.start()
        sleeper = await mute_watcher(gateway.server.port)
        began = time.monotonic()
        await gateway.server.stop()
        assert time.monotonic() - began < AT_ONCE
        await asyncio.to_thread(read_to_the_end, sleeper)


class TestClient:
    async def test_asks_and_orders(self, gateway: Gateway) -> None:
        async with Client(gateway.url, TOKEN) as client:
            assert await client.state() == {**gateway.state, "id": f"{gateway.feed.epoch}:0"}
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
