"""The web side as a process of its own: it answers as the gateway does, and either may die."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from http import HTTPStatus
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from ccgateway.access.who import Role, Scope
from ccgateway.postgres import audit, tokens
from ccgateway.postgres.pool import Pool
from ccgateway.rig.fake_pbx import FakePbx
from ccgateway.rig.ports import PortBlock, take
from ccgateway.rig.waiting import until
from tests.adapters.gateway_process import Gateway
from tests.adapters.web_process import Web

# Which PostgreSQL it is does not matter here.
pytestmark = pytest.mark.parametrize("binaries", ["embedded"], indirect=True)

ADMINISTRATOR = "http-s3cret"
WITHIN = 60.0  # seconds; on a busy machine Python alone takes ten to start


@pytest.fixture
def block() -> Iterator[PortBlock]:
    """Ports that no other test takes, also while the process that has them is away."""
    block = take()
    yield block
    block.release()


@pytest.fixture
async def gateway(home: Path, dsn: str, pbx: FakePbx, block: PortBlock) -> AsyncIterator[Gateway]:
    """A gateway that runs."""
    pbx.accept("ccgateway", "s3cret")
    gateway = Gateway(home, dsn, http_port=block.one(), pbxs=[pbx])
    gateway.tables = f"[web]\nport = {block.one()}"
    gateway.start()
    await gateway.ready()
    yield gateway
    gateway.kill()


@pytest.fixture
async def web(gateway: Gateway) -> AsyncIterator[Web]:
    """Its web process, which hears it."""
    web = Web(gateway.config, int(gateway.tables.rpartition(" ")[2]))
    web.start()
    await web.ready()
    yield web
    web.kill()


async def json_of(http: aiohttp.ClientSession, path: str) -> Any:
    """The answer, which must be 200."""
    async with http.get(path) as response:
        assert response.status == HTTPStatus.OK, await response.text()
        return await response.json()


async def act(http: aiohttp.ClientSession, verb: str, agent: str = "101") -> tuple[int, Any]:
    """Let an agent do something; status and answer."""
    async with http.post(f"/api/agents/{agent}/{verb}") as response:
        return response.status, await response.json()


@asynccontextmanager
async def watching(http: aiohttp.ClientSession) -> AsyncIterator[list[dict[str, Any]]]:
    """What the feed tells, as it comes."""
    told: list[dict[str, Any]] = []
    async with http.ws_connect("/api/live") as live:

        async def read() -> None:
            async for message in live:
                told.extend(message.json())

        reading = asyncio.create_task(read())
        await until(lambda: told, "a snapshot")
        yield told
        assert not reading.done(), "the feed was cut"
        reading.cancel()


def duties(told: list[dict[str, Any]]) -> list[str]:
    """What 101 became."""
    return [change["agent"]["duty"] for change in told if change["type"] == "agent"]


def turns(told: list[dict[str, Any]]) -> list[bool]:
    """What was told of the gateway: away (False), back (True)."""
    return [change["up"] for change in told if change["type"] == "gateway"]


async def test_what_is_done_by_it_is_done_by_the_gateway_in_the_name_of_who_asked(
    web: Web, pool: Pool
) -> None:
    token, secret = await tokens.create(
        pool, "Anna", Role.AGENT, Scope(agent="101"), expires_at=None, by="test"
    )
    async with web.client(secret) as anna, watching(anna) as told:
        assert told[0]["type"] == "snapshot"
        assert [agent["id"] for agent in told[0]["agents"]] == ["101"]
        assert await act(anna, "login") == (HTTPStatus.OK, {"agent": "101", "state": "ready"})
        await until(lambda: "ready" in duties(told), "it is told", seconds=WITHIN)
        [agent] = (await json_of(anna, "/api/agents"))["agents"]
        assert agent["duty"] == "ready"
        status, refused = await act(anna, "dance")
        assert (status, "An agent can" in refused["detail"]) == (HTTPStatus.NOT_FOUND, True)
        assert (await act(anna, "login", "999"))[0] == HTTPStatus.NOT_FOUND
        async with anna.post("/api/reload") as response:
            assert response.status == HTTPStatus.FORBIDDEN

    async def acts() -> list[tuple[str, str, int]]:
        kept = await audit.newest(pool, 10, who="Anna")
        assert {(one.token, one.role, one.address) for one in kept} <= {
            (token.id, "agent", "127.0.0.1")
        }
        return [(one.what, one.target, one.status) for one in kept]

    async def all_of_them() -> bool:
        return len(await acts()) >= 4

    await until(all_of_them, "the audit is written")
    assert await acts() == [
        ("reload", "", 403),
        ("agent", "999/login", 404),
        ("agent", "101/dance", 404),
        ("agent", "101/login", 200),
    ]


async def test_a_browser_signs_in_there_and_the_gateway_knows_the_session(
    web: Web, gateway: Gateway
) -> None:
    jar = aiohttp.CookieJar(unsafe=True)
    async with aiohttp.ClientSession(cookie_jar=jar) as browser:
        headers = {"Origin": web.url}
        sent = {"token": ADMINISTRATOR}
        async with browser.post(f"{web.url}/api/session", json=sent) as response:
            assert response.status == HTTPStatus.OK
        async with browser.post(f"{web.url}/api/agents/101/login", headers=headers) as response:
            assert response.status == HTTPStatus.OK
        async with browser.get(f"http://127.0.0.1:{gateway.http_port}/api/session") as response:
            assert (await response.json())["role"] == "administrator"


async def test_without_the_gateway_history_is_read_and_the_page_is_told(
    web: Web, gateway: Gateway
) -> None:
    async with web.client(ADMINISTRATOR) as http, watching(http) as told:
        gateway.kill()
        await until(lambda: turns(told) == [False], "it is told", seconds=WITHIN)
        state = await json_of(http, "/api/state")
        assert (state["gateway_up"], len(state["agents"])) == (False, 1)
        assert await json_of(http, "/api/calls") == {"calls": [], "next": None}
        async with http.get("/api/calls/00000000") as response:
            assert response.status == HTTPStatus.NOT_FOUND
        async with http.get("/") as response:
            assert response.status == HTTPStatus.OK
        for path in ("agents/101/login", "reload"):
            async with http.post(f"/api/{path}") as response:
                assert response.status == HTTPStatus.SERVICE_UNAVAILABLE
                assert "the gateway does not answer" in (await response.json())["detail"]
        gateway.start()
        await until(lambda: turns(told) == [False, True], "it is back", seconds=WITHIN)
        assert (await act(http, "login"))[0] == HTTPStatus.OK
        await until(lambda: "ready" in duties(told), "it is told", seconds=WITHIN)


async def test_without_the_web_process_the_gateway_goes_on(
    web: Web, gateway: Gateway, pbx: FakePbx
) -> None:
    web.kill()
    url = f"http://127.0.0.1:{gateway.http_port}"
    headers = {"Authorization": f"Bearer {ADMINISTRATOR}"}
    async with aiohttp.ClientSession(url, headers=headers) as http:
        assert (await act(http, "login"))[0] == HTTPStatus.OK
        assert len(pbx.actions("QueueAdd")) == 1
        web.start()
        await web.ready()
        async with web.client(ADMINISTRATOR) as other:
            [agent] = (await json_of(other, "/api/agents"))["agents"]
            assert agent["duty"] == "ready"


async def test_a_gateway_that_hangs_is_told_and_its_acts_as_not_known(
    web: Web, gateway: Gateway
) -> None:
    web.kill()
    web.start(impatient=True)
    await web.ready()
    async with web.client(ADMINISTRATOR) as http, watching(http) as told:
        gateway.signal(signal.SIGSTOP)
        status, answer = await act(http, "login")
        assert (status, "not known" in answer["detail"]) == (HTTPStatus.GATEWAY_TIMEOUT, True)
        await until(lambda: turns(told) == [False], "it is told", seconds=WITHIN)
        gateway.signal(signal.SIGCONT)
        await until(lambda: turns(told) == [False, True], "it is back", seconds=WITHIN)


async def test_what_is_passed_on_reaches_the_gateway_and_no_other(web: Web) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", web.port)
    writer.write(
        b"POST http://evil.example:1/api/reload HTTP/1.1\r\n"
        b"Host: evil.example\r\nConnection: close\r\n"
        b"Authorization: Bearer %b\r\n\r\n" % ADMINISTRATOR.encode()
    )
    status = int((await reader.readline()).split()[1])
    writer.close()
    await writer.wait_closed()
    assert status == HTTPStatus.OK


async def test_it_says_what_it_misses_and_ends_in_order(web: Web, gateway: Gateway) -> None:
    assert web.process is not None
    web.process.terminate()
    assert await asyncio.to_thread(web.process.wait, WITHIN) == 0
    gateway.edit(gateway.tables, "")
    web.start()
    assert web.process is not None
    assert await asyncio.to_thread(web.process.wait, WITHIN) == 2
    assert web.log().splitlines()[-1].startswith("web: there is no table [web]")


async def test_a_sighup_for_the_gateway_does_not_end_it(web: Web) -> None:
    assert web.process is not None
    web.process.send_signal(signal.SIGHUP)
    await until(lambda: "SIGHUP is for the gateway" in web.log(), "it is said")
    await web.ready()
