"""Who asks too much, guesses, or holds too many connections."""

from __future__ import annotations

import asyncio

import aiohttp
import pytest
from structlog.testing import capture_logs

from ccgateway.access.token import Token
from ccgateway.access.who import Role, Scope
from ccgateway.web import door, identify, sign_in
from ccgateway.web.limits import Limits
from tests.adapters.access.asking import (
    FEW,
    SECRET,
    WITHIN,
    ask,
    bearer,
    browser,
)
from tests.adapters.centre import (
    Book,
    Gateway,
)
from tests.adapters.served import TOKEN


class TestLimits:
    async def test_a_token_that_asks_too_often_is_told_when_to_come_again(self, book: Book) -> None:
        async with Gateway(book, per_token=Limits(FEW)) as gateway:
            answers = [(await ask(gateway, bearer(SECRET)))[0] for _ in range(4)]
            assert answers == [200, 200, 200, 429]
            assert (await ask(gateway, bearer(TOKEN)))[0] == 200
            async with aiohttp.ClientSession(gateway.url, headers=bearer(SECRET)) as session:
                response = await session.get("/api/state")
            assert 900 < int(response.headers["Retry-After"]) <= 1000

    async def test_signing_in_counts_as_asking(self, book: Book) -> None:
        async with Gateway(book, per_token=Limits(FEW)) as gateway, browser(gateway) as page:
            for status in (200, 200, 200, 429):
                async with page.post("/api/session", json={"token": SECRET}) as response:
                    assert (response.status, "Set-Cookie" in response.headers) == (
                        status,
                        status == 200,
                    )

    async def test_what_is_too_much_fills_neither_audit_nor_log(self, book: Book) -> None:
        with capture_logs() as logs:
            async with Gateway(book, per_token=Limits(FEW)) as gateway, browser(gateway) as page:
                for _ in range(6):
                    await ask(gateway, bearer(SECRET), "/api/agents/101/pause", "POST")
                    await page.post("/api/session", json={"token": SECRET})
        kept = [(act.what, act.status) for act in book.acts]
        assert kept == [("agent", 200), ("signIn", 200), ("agent", 200)]
        assert len([entry for entry in logs if entry["event"] == "act"]) == len(kept)

    async def test_an_address_that_guesses_is_shut_out_but_not_who_was_in_before(
        self, book: Book
    ) -> None:
        async with Gateway(book, failed=Limits(FEW)) as gateway:
            assert (await ask(gateway, bearer(SECRET)))[0] == 200
            guesses = [(await ask(gateway, bearer(f"guess{n}")))[0] for n in range(5)]
            assert guesses == [401, 401, 401, 429, 429]
            assert (await ask(gateway, bearer(TOKEN)))[0] == 429  # right, and yet a guess
            assert (await ask(gateway, bearer(SECRET)))[0] == 200
            async with (
                browser(gateway) as page,
                page.post("/api/session", json={"token": TOKEN}) as response,
            ):
                assert response.status == 429

    async def test_the_log_tells_once_of_an_address_that_guesses(self, book: Book) -> None:
        with capture_logs() as logs:
            async with Gateway(book, failed=Limits(FEW)) as gateway:
                for number in range(6):
                    await ask(gateway, bearer(f"guess{number}"))
        told = [entry for entry in logs if "guesses" in entry["event"]]
        assert [entry["address"] for entry in told] == ["127.0.0.1"]
        assert "guess5" not in str(logs)

    async def test_who_was_not_in_for_the_longest_time_is_forgotten_first(
        self, book: Book, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """What is kept of tokens has a limit."""
        monkeypatch.setattr(sign_in, "MOST_WELCOME", 1)
        monkeypatch.setattr(identify, "MOST_KEPT", 1)
        another = book.add("ccg_another", Role.SUPERVISOR)
        async with Gateway(book, failed=Limits(FEW)) as gateway:
            for asked, token in enumerate((SECRET, another, SECRET, another), 1):
                assert (await ask(gateway, bearer(token)))[0] == 200
                assert book.asked == asked
            for guess in range(3):
                await ask(gateway, bearer(f"guess{guess}"))
            assert (await ask(gateway, bearer(another)))[0] == 200
            assert (await ask(gateway, bearer(SECRET)))[0] == 429

    async def test_guesses_at_once_count_each(
        self, book: Book, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Also while PostgreSQL is being asked about the first of them."""
        look, asked = Book.by_digest, asyncio.Event()

        async def slowly(self: Book, digest: bytes) -> Token | None:
            await asked.wait()
            return await look(self, digest)

        monkeypatch.setattr(Book, "by_digest", slowly)
        async with Gateway(book, failed=Limits(FEW)) as gateway, asyncio.timeout(WITHIN):
            guesses = [asyncio.create_task(ask(gateway, bearer(f"guess{n}"))) for n in range(6)]
            await asyncio.wait(guesses, return_when=asyncio.FIRST_COMPLETED)
            asked.set()
            statuses = [(await guess)[0] for guess in guesses]
        assert sorted(statuses) == [401, 401, 401, 429, 429, 429]

    async def test_good_ones_count_for_nothing(self, book: Book) -> None:
        tokens = [book.add(f"ccg_{n}", Role.SUPERVISOR) for n in range(5)]
        async with Gateway(book, failed=Limits(FEW)) as gateway:
            assert {(await ask(gateway, bearer(token)))[0] for token in tokens} == {200}

    async def test_one_token_does_not_take_all_places(
        self, book: Book, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(door, "MOST_OF_ONE", 2)
        agent = bearer(book.add("ccg_101", Role.AGENT, Scope(agent="101")))
        async with (
            Gateway(book) as gateway,
            aiohttp.ClientSession(gateway.url, headers=agent) as session,
        ):
            watching = [await session.ws_connect("/api/live") for _ in range(2)]
            with pytest.raises(aiohttp.WSServerHandshakeError, match="429"):
                await session.ws_connect("/api/live")
            for token in (SECRET, TOKEN):
                assert (await ask(gateway, bearer(token)))[0] == 200
            await watching.pop().close()
            async with asyncio.timeout(WITHIN):
                while (await ask(gateway, agent))[0] != 200:  # noqa: ASYNC110 - the server sees it go
                    await asyncio.sleep(0.01)
