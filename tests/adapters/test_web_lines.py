"""The API of a running call: it is passed on, a note is made; on a real server."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping

import aiohttp
import pytest

from ccgateway.errors import ActionTimeout, CcgError, PbxUnavailable, Refused, UnknownCall
from ccgateway.web import body
from ccgateway.web.client import Client
from tests.adapters.served import TOKEN, Served
from tests.adapters.unasked import Unasked

CALL = "0b5cb6a6-7f3d-5b0a-9d53-0c3a8d5c1c1e"
WITHIN = 20.0


class Exchange(Unasked):
    """The loop's side: remembers what it was asked, and refuses by the call."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, ...]] = []
        self.refusal: CcgError | None = None

    async def escalate(
        self, call: str, to: str, mode: str, *, agent: str = "", by: str = ""
    ) -> dict[str, str]:
        if self.refusal:
            raise self.refusal
        self.asked.append((call, to, mode, agent, by))
        return {"call_id": CALL, "agent": "201", "to": to, "mode": mode}

    async def consult(self, call: str, do: str, *, by: str = "") -> dict[str, str]:
        if self.refusal:
            raise self.refusal
        self.asked.append((call, do, by))
        return {"call_id": CALL, "agent": "201", "do": do}

    def story(self, call: str) -> Mapping[str, object]:
        if self.refusal:
            raise self.refusal
        self.asked.append((call,))
        return {"call_id": CALL, "notes": [{"at": "x", "by": "201", "text": "Öl"}]}

    def note(self, call: str, text: str, *, by: str) -> str:
        if self.refusal:
            raise self.refusal
        self.asked.append((call, text, by))
        return CALL


Gateway = Served[Exchange]


@pytest.fixture
async def gateway() -> AsyncIterator[Gateway]:
    async with Served(Exchange()) as gateway:
        yield gateway


@pytest.fixture
async def http(gateway: Gateway) -> AsyncIterator[aiohttp.ClientSession]:
    async with gateway.client() as session:
        yield session


async def test_an_escalation_reaches_the_loop(
    gateway: Gateway, http: aiohttp.ClientSession
) -> None:
    asked = {"to": "pumps", "mode": "warm", "agent": "201"}
    async with http.post(f"/api/calls/{CALL}/escalate", json=asked) as response:
        assert response.status == 200
        done = await response.json()
    assert done == {"call_id": CALL, "agent": "201", "to": "pumps", "mode": "warm"}
    async with http.post("/api/calls/%231042/escalate", json={"to": "next"}) as response:
        assert (await response.json())["mode"] == "cold"
    assert gateway.loop.asked == [
        (CALL, "pumps", "warm", "201", "api"),
        ("#1042", "next", "cold", "", "api"),
    ]


async def test_the_end_of_a_consultation_reaches_the_loop(
    gateway: Gateway, http: aiohttp.ClientSession
) -> None:
    path = f"/api/calls/{CALL[:8]}/consultation"
    async with http.post(path, json={"do": "take"}) as response:
        assert response.status == 200
        assert await response.json() == {"call_id": CALL, "agent": "201", "do": "take"}
    async with Client(gateway.url, TOKEN) as client:
        await client.consult("#1042", "join")
    assert gateway.loop.asked == [(CALL[:8], "take", "api"), ("#1042", "join", "cli")]


@pytest.mark.parametrize("named", [CALL, "0b5c", "%231042"])
async def test_a_call_is_shown(gateway: Gateway, http: aiohttp.ClientSession, named: str) -> None:
    async with http.get(f"/api/calls/{named}") as response:
        assert response.status == 200
        assert (await response.json())["notes"] == [{"at": "x", "by": "201", "text": "Öl"}]
    assert gateway.loop.asked == [(named.replace("%23", "#"),)]


async def test_a_call_that_is_not_there_is_a_problem(
    gateway: Gateway, http: aiohttp.ClientSession
) -> None:
    gateway.loop.refusal = UnknownCall("no live call '0b5c'")
    async with http.get("/api/calls/0b5c") as response:
        assert response.content_type == "application/problem+json"
        assert (response.status, (await response.json())["detail"]) == (404, "no call '0b5c'")


@pytest.mark.parametrize("letter", ["x", "\N{TELEPHONE RECEIVER}", '"', "\x7f"])
async def test_the_longest_note_passes_however_it_is_written(
    gateway: Gateway, http: aiohttp.ClientSession, letter: str
) -> None:
    text = letter * body.LONGEST_TEXT
    sent = json.dumps({"text": text, "by": "a" * 64})  # escapes all that is not ASCII
    async with http.post(f"/api/calls/{CALL}/notes", data=sent) as response:
        assert response.status == 200
    assert gateway.loop.asked == [(CALL, text, "a" * 64)]


async def test_a_note_reaches_the_loop(gateway: Gateway, http: aiohttp.ClientSession) -> None:
    async with http.post(f"/api/calls/{CALL}/notes", json={"text": "Öl, überall"}) as response:
        assert await response.json() == {"call_id": CALL}
    signed = {"text": "x", "by": "201"}
    async with http.post(f"/api/calls/{CALL}/notes", json=signed) as response:
        assert response.status == 200
    assert gateway.loop.asked == [(CALL, "Öl, überall", "api"), (CALL, "x", "201")]


async def test_the_command_line_is_told_apart(gateway: Gateway) -> None:
    async with Client(gateway.url, TOKEN) as client:
        await client.escalate("#1042", "pumps", "warm")
        assert await client.note("../x?y#z", "a note") == CALL
    assert gateway.loop.asked == [
        ("#1042", "pumps", "warm", "", "cli"),
        ("../x?y#z", "a note", "cli"),
    ]


@pytest.mark.parametrize(
    ("refusal", "status"),
    [
        (UnknownCall("no live call '0b5c'"), 404),
        (Refused("there are: pumps, tills"), 409),
        (ActionTimeout(), 504),
        (PbxUnavailable("pbx1 is away"), 503),
    ],
)
async def test_a_refusal_says_why(
    gateway: Gateway, http: aiohttp.ClientSession, refusal: CcgError, status: int
) -> None:
    gateway.loop.refusal = refusal
    bodies = {"escalate": {"to": "pumps"}, "notes": {"text": "x"}, "consultation": {"do": "take"}}
    for path, asked in bodies.items():
        async with http.post(f"/api/calls/{CALL}/{path}", json=asked) as response:
            assert response.status == status
            assert (await response.json())["detail"] == str(refusal)


@pytest.mark.parametrize("path", ["escalate", "notes", "consultation"])
@pytest.mark.parametrize(
    "sent",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b"{}",
        b'{"to": 7}',
        b'{"text": 7}',
        b'{"do": 7}',
        b'{"to": "pumps", "text": "x"}',
        b'{"to": "pumps", "mode": "hot"}',
        b'{"do": "dance"}',
        b'{"to": ""}',
        b'{"text": ""}',
        b'{"to": "' + b"x" * 65 + b'"}',
        b'{"text": "' + b"x" * 1001 + b'"}',
        b'{"text": "x", "by": "a b"}',
        b"\xff\xfe",
        b"[" * 4000,
    ],
)
async def test_a_hostile_body_is_named(
    gateway: Gateway, http: aiohttp.ClientSession, path: str, sent: bytes
) -> None:
    async with http.post(f"/api/calls/{CALL}/{path}", data=sent) as response:
        problem = await response.json()
    assert problem["status"] == 400
    assert problem["detail"].startswith("Send {")
    assert "xxx" not in problem["detail"]
    assert gateway.loop.asked == []


async def test_a_body_that_does_not_come_is_not_waited_for(
    gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(body, "BODY_WITHIN", 0.1)
    reader, writer = await asyncio.open_connection("127.0.0.1", gateway.server.port)
    writer.write(
        b"POST /api/calls/x/notes HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n"
        + f"Authorization: Bearer {TOKEN}\r\n\r\n{{".encode()
    )
    async with asyncio.timeout(WITHIN):
        assert b" 408 " in await reader.readline()
    writer.close()
    await writer.wait_closed()


async def test_nothing_without_the_token(gateway: Gateway) -> None:
    async with aiohttp.ClientSession(gateway.url) as session:
        for path in ("escalate", "notes", "consultation"):
            async with session.post(f"/api/calls/{CALL}/{path}", json={}) as response:
                assert response.status == 401
