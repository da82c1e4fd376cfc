"""What is repeated with its key is done once, over HTTP."""

from __future__ import annotations

import asyncio

import aiohttp
import pytest

from ccgateway.access.who import Role
from ccgateway.errors import ActionTimeout, CcgError, PbxUnavailable, Refused
from ccgateway.web import once
from ccgateway.web.access import Access
from tests.adapters.centre import Book, http_settings
from tests.adapters.served import Served
from tests.adapters.unasked import Unasked

CALL = "0b5cb6a6-7f3d-5b0a-9d53-0c3a8d5c1c1e"
ESCALATE = f"/api/calls/{CALL}/escalate"
WARM = {"to": "pumps", "mode": "warm"}
WITHIN = 20.0


class Exchange(Unasked):
    """Counts what it does; says ``faults`` first, one a request; answers when ``may`` is set."""

    def __init__(self, *faults: CcgError) -> None:
        self.done: list[str] = []
        self.faults = list(faults)
        self.reached = asyncio.Event()
        self.may = asyncio.Event()
        self.may.set()

    async def escalate(
        self, call: str, to: str, mode: str, *, agent: str = "", by: str = ""
    ) -> dict[str, str]:
        self.reached.set()
        await self.may.wait()
        if self.faults:
            raise self.faults.pop(0)
        self.done.append(to)
        return {"call_id": CALL, "agent": "201", "to": f"{to} {len(self.done)}", "mode": mode}

    def note(self, call: str, text: str, *, by: str) -> str:
        self.done.append(text)
        return CALL


async def ask(
    http: aiohttp.ClientSession, key: str, body: dict[str, str], path: str = ESCALATE
) -> tuple[int, str, bool]:
    """Status, the answer, and whether it is a repeated one."""
    headers = {once.KEY: key} if key else {}
    async with http.post(path, json=body, headers=headers) as response:
        return response.status, await response.text(), once.REPLAYED in response.headers


async def test_a_repeat_gets_the_first_answer_and_does_nothing() -> None:
    async with Served(Exchange()) as gateway, gateway.client() as http:
        status, first, repeated = await ask(http, "one", WARM)
        assert (status, repeated) == (200, False)
        assert await ask(http, "one", WARM) == (200, first, True)
        assert gateway.loop.done == ["pumps"]
        assert (await ask(http, "two", WARM))[2] is False
        assert (await ask(http, "", WARM))[2] is False
        assert gateway.loop.done == ["pumps"] * 3


async def test_a_repeat_waits_for_the_first() -> None:
    exchange = Exchange()
    exchange.may.clear()
    async with Served(exchange) as gateway, gateway.client() as http, asyncio.timeout(WITHIN):
        first = asyncio.create_task(ask(http, "one", WARM))
        await exchange.reached.wait()
        again = [asyncio.create_task(ask(http, "one", WARM)) for _ in range(5)]
        await asyncio.wait([first, *again], timeout=0.2)
        assert not exchange.done
        exchange.may.set()
        answers = await asyncio.gather(first, *again)
    assert exchange.done == ["pumps"]
    assert {text for _, text, _ in answers} == {answers[0][1]}


@pytest.mark.parametrize(
    ("body", "path"),
    [({"to": "tills"}, ESCALATE), (WARM, "/api/calls/%231042/escalate")],
)
async def test_a_key_stands_for_one_request(body: dict[str, str], path: str) -> None:
    async with Served(Exchange()) as gateway, gateway.client() as http:
        await ask(http, "one", WARM)
        status, told, _ = await ask(http, "one", body, path)
        assert (status, "use a new one" in told) == (409, True)
        assert gateway.loop.done == ["pumps"]


@pytest.mark.parametrize("fault", [Refused("101 is talking"), PbxUnavailable("pbx1 is away")])
async def test_where_nothing_was_done_it_may_be_tried_again(fault: CcgError) -> None:
    async with Served(Exchange(fault)) as gateway, gateway.client() as http:
        assert (await ask(http, "one", WARM))[0] in {409, 503}
        assert (await ask(http, "one", WARM))[0] == 200
        assert gateway.loop.done == ["pumps"]


async def test_where_it_is_not_known_it_is_not_tried_again() -> None:
    async with Served(Exchange(ActionTimeout())) as gateway, gateway.client() as http:
        status, first, _ = await ask(http, "one", WARM)
        assert status == 504
        assert await ask(http, "one", WARM) == (504, first, True)
        assert not gateway.loop.done


async def test_a_note_is_made_once() -> None:
    async with Served(Exchange()) as gateway, gateway.client() as http:
        for _ in range(2):
            path = f"/api/calls/{CALL}/notes"
            assert (await ask(http, "one", {"text": "pump 3 leaks"}, path))[0] == 200
        assert gateway.loop.done == ["pump 3 leaks"]


@pytest.mark.parametrize("key", ["x" * 129, "a\tb", "a\u00a0b"])
async def test_a_hostile_key(key: str) -> None:
    async with Served(Exchange()) as gateway, gateway.client() as http:
        assert (await ask(http, key, WARM))[0] == 400
        assert not gateway.loop.done


async def test_the_oldest_is_forgotten_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(once, "MOST_KEPT", 2)
    async with Served(Exchange()) as gateway, gateway.client() as http:
        for key in ("one", "two", "three"):
            await ask(http, key, WARM)
        assert (await ask(http, "three", WARM))[2] is True
        assert (await ask(http, "one", WARM))[2] is False


async def test_who_asks_all_the_time_takes_no_other_s_answer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(once, "MOST_KEPT", 4)
    book = Book()
    quiet = {"Authorization": f"Bearer {book.add('ccg_quiet', Role.ADMINISTRATOR)}"}
    settings = http_settings()
    access = Access(settings, tokens=book)
    async with (
        Served(Exchange(), access=access, settings=settings) as gateway,
        gateway.client() as http,
        aiohttp.ClientSession(gateway.url, headers=quiet) as other,
    ):
        await ask(other, "mine", WARM)
        for number in range(10):
            await ask(http, str(number), WARM)
        assert (await ask(other, "mine", WARM))[2] is True
        assert (await ask(http, "9", WARM))[2] is True
        assert (await ask(http, "6", WARM))[2] is False


async def test_what_is_old_is_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(once, "KEPT_FOR", 0.0)
    async with Served(Exchange()) as gateway, gateway.client() as http:
        await ask(http, "one", WARM)
        assert (await ask(http, "one", WARM))[2] is False
