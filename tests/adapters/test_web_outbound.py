"""Calls by click over HTTP: what is asked reaches the loop, and what it says comes back."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime
from uuid import UUID

import aiohttp
import orjson
import pytest

from ccgateway.errors import (
    ActionRefused,
    PbxUnavailable,
    Refused,
    StoreUnavailable,
    UnknownAgent,
    UnknownCall,
)
from ccgateway.outbound.attempt import Attempt, End, Stage
from ccgateway.outbound.gate import Wanted
from ccgateway.rig.proxy import Proxy
from ccgateway.web.client import Client
from tests.adapters.served import TOKEN, Served
from tests.adapters.unasked import Unasked

ID = "ccg-1795420800.123456789"
ATTEMPT = Attempt(
    id=ID,
    key="click-1",
    node="pbx1",
    client="oilco",
    service="hotline",
    agent="101",
    number="+358401234567",
    caller_id="+358942454000",
    by="api",
    requested_at=datetime(2026, 11, 23, 8, 0, tzinfo=UTC),
    stage=Stage.ENDED,
    end=End.BUSY,
    cause=17,
    sip="486 Busy Here",
    call_id=UUID(int=7),
)


class Dialler(Unasked):
    """Remembers what it was asked."""

    def __init__(self) -> None:
        self.wanted: list[Wanted] = []
        self.fault: Exception | None = None

    async def originate(self, wanted: Wanted) -> Attempt:
        self.wanted.append(wanted)
        if self.fault:
            raise self.fault
        return ATTEMPT

    async def attempt(self, attempt_id: str) -> Attempt | None:
        return ATTEMPT if attempt_id == ID else None

    def story(self, call: str) -> Mapping[str, object]:
        raise UnknownCall(f"no live call {call!r}")


@pytest.fixture
def dialler() -> Dialler:
    return Dialler()


@pytest.fixture
async def gateway(dialler: Dialler) -> AsyncIterator[Served[Dialler]]:
    async with Served(dialler) as gateway:
        yield gateway


@pytest.fixture
async def http(gateway: Served[Dialler]) -> AsyncIterator[aiohttp.ClientSession]:
    async with gateway.client() as session:
        yield session


BODY = {"agent": "101", "to": "040 123 4567"}


async def problem(response: aiohttp.ClientResponse) -> tuple[int, str]:
    assert response.content_type == "application/problem+json"
    return response.status, orjson.loads(await response.read())["detail"]


async def test_a_call_is_asked_for_and_looked_at(
    http: aiohttp.ClientSession, dialler: Dialler
) -> None:
    key = {"Idempotency-Key": "click-1"}
    async with http.post("/api/calls", json={**BODY, "service": "x"}, headers=key) as response:
        assert response.status == 202
        assert response.headers["Location"] == f"/api/calls/{ID}"
        placed = await response.json()
    assert dialler.wanted == [Wanted("101", "040 123 4567", "x", "click-1", "api")]
    async with http.get(f"/api/calls/{ID}") as response:
        assert (response.status, await response.json()) == (200, placed)
    assert placed == {
        "id": ID,
        "key": "click-1",
        "node": "pbx1",
        "client": "oilco",
        "service": "hotline",
        "agent": "101",
        "number": "+358401234567",
        "caller_id": "+358942454000",
        "by": "api",
        "requested_at": "2026-11-23T08:00:00+00:00",
        "stage": "ended",
        "end": "busy",
        "cause": 17,
        "sip": "486 Busy Here",
        "agent_answered_at": None,
        "ringing_at": None,
        "answered_at": None,
        "ended_at": None,
        "call_id": "00000000-0000-0000-0000-000000000007",
    }


async def test_without_service_and_key(http: aiohttp.ClientSession, dialler: Dialler) -> None:
    async with http.post("/api/calls", json=BODY) as response:
        assert response.status == 202
    assert dialler.wanted == [Wanted("101", "040 123 4567")]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b'"040"',
        b"\xff\xfe",
        b"[" * 4000,
        b'{"agent": "101"}',
        b'{"to": "0401234567"}',
        b'{"agent": 101, "to": "0401234567"}',
        b'{"agent": "101", "to": 401234567}',
        b'{"agent": "101", "to": null}',
        b'{"agent": "", "to": "0401234567"}',
        b'{"agent": "101", "to": ""}',
        b'{"agent": "101", "to": "0401234567", "more": 1}',
        b'{"agent": "101", "to": "' + b"1" * 41 + b'"}',
        b'{"agent": "' + b"1" * 65 + b'", "to": "0401234567"}',
        b'{"agent": "101", "to": "0401234567", "service": ["hotline"]}',
    ],
)
async def test_a_hostile_body(http: aiohttp.ClientSession, dialler: Dialler, body: bytes) -> None:
    async with http.post("/api/calls", data=body) as response:
        status, detail = await problem(response)
    assert status == 400
    assert '{"agent": "101", "to": "+358401112223"}' in detail
    assert not dialler.wanted


@pytest.mark.parametrize("key", ["x" * 129, "a\tb", "a\u00a0b"])
async def test_a_hostile_key(http: aiohttp.ClientSession, dialler: Dialler, key: str) -> None:
    async with http.post("/api/calls", json=BODY, headers={"Idempotency-Key": key}) as response:
        status, detail = await problem(response)
    assert (status, "128 printable" in detail) == (400, True)
    assert not dialler.wanted


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        (UnknownAgent("no agent '999'"), 404),
        (Refused("+35860012345 is a premium-rate number"), 409),
        (PbxUnavailable("the AMI link to pbx1 is down"), 503),
        (ActionRefused("Asterisk refused Originate"), 503),
        (StoreUnavailable("PostgreSQL did not answer"), 503),
    ],
)
async def test_a_refusal_says_why(
    http: aiohttp.ClientSession, dialler: Dialler, fault: Exception, expected: int
) -> None:
    dialler.fault = fault
    async with http.post("/api/calls", json=BODY) as response:
        assert await problem(response) == (expected, str(fault))


@pytest.mark.parametrize("attempt", ["ccg-1.1", "..%2F..", "%00", "x" * 2000])
async def test_no_such_call(http: aiohttp.ClientSession, attempt: str) -> None:
    async with http.get(f"/api/calls/{attempt}") as response:
        status, detail = await problem(response)
    assert (status, bool(detail)) == (404, True)


async def test_nothing_without_the_token(gateway: Served[Dialler], dialler: Dialler) -> None:
    async with aiohttp.ClientSession(gateway.url) as session:
        for method, path in (("POST", "/api/calls"), ("GET", f"/api/calls/{ID}")):
            async with session.request(method, path, json=BODY) as response:
                assert response.status == 401
    assert not dialler.wanted


class TestClient:
    async def test_asks_with_a_key_of_its_own(
        self, gateway: Served[Dialler], dialler: Dialler
    ) -> None:
        async with Client(gateway.url, TOKEN) as client:
            first = await client.originate("101", "040 123 4567", "hotline")
            await client.originate("101", "040 123 4567")
            assert await client.attempt(ID) == first
            with pytest.raises(Refused):
                await client.attempt("ccg-1.1")
        keys = [wanted.key for wanted in dialler.wanted]
        assert len(set(keys)) == 2
        assert all(keys)
        assert {wanted.by for wanted in dialler.wanted} == {"cli"}

    async def test_an_answer_that_got_lost_is_asked_for_by_the_same_key(
        self, gateway: Served[Dialler], dialler: Dialler
    ) -> None:
        host, _, port = gateway.url.removeprefix("http://").partition(":")
        async with Proxy(host, int(port)) as proxy:
            proxy.close_after = b"HTTP/1.1 202"
            async with Client(f"http://{host}:{proxy.port}", TOKEN) as client:
                found = await client.originate("101", "040 123 4567")
        assert found["id"] == ID
        assert len(dialler.wanted) == 2
        assert len({wanted.key for wanted in dialler.wanted}) == 1
