"""Tokens that are revoked or run out, and while PostgreSQL is away."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta, tzinfo
from typing import Self

import aiohttp
import pytest
from structlog.testing import capture_logs

from ccgateway.access.who import Role, Scope
from ccgateway.web import access, identify
from ccgateway.web.limits import Limits
from tests.adapters.access.asking import (
    FEW,
    SECRET,
    WITHIN,
    ask,
    bearer,
    revoke,
    until_closed,
)
from tests.adapters.centre import (
    AGENTS,
    THEIR_CALL,
    Book,
    Gateway,
    http_settings,
)
from tests.adapters.served import TOKEN


class TestWhilePostgresIsAway:
    async def test_those_seen_before_and_the_files_own_are_let_in(
        self, gateway: Gateway, book: Book, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        new = book.add("ccg_new", Role.SUPERVISOR)
        assert (await ask(gateway, bearer(SECRET)))[0] == 200
        monkeypatch.setattr(identify, "FRESH", 0.0)
        book.away = True
        for token, status in ((SECRET, 200), (TOKEN, 200), (new, 503)):
            assert (await ask(gateway, bearer(token)))[0] == status
        monkeypatch.setattr(identify, "AWAY", 0.0)
        book.away = False
        assert (await ask(gateway, bearer(new)))[0] == 200

    async def test_a_stranger_does_not_learn_why(self, gateway: Gateway, book: Book) -> None:
        """The log tells it, once."""
        book.away = True
        with capture_logs() as logs:
            for guess in ("one", "two"):
                status, told = await ask(gateway, bearer(guess))
                assert (status, told["detail"]) == (503, identify.CANNOT_SAY)
        assert ["10.0.0.5" in entry["why"] for entry in logs] == [True]

    async def test_nobody_guesses_without_end(self, book: Book) -> None:
        """A guess that PostgreSQL cannot judge was still told that it is not the file's token."""
        async with Gateway(book, failed=Limits(FEW)) as gateway:
            book.away = True
            guesses = [(await ask(gateway, bearer(f"guess{n}")))[0] for n in range(5)]
        assert guesses == [503, 503, 503, 429, 429]

    async def test_it_is_not_asked_again_at_every_request(
        self, gateway: Gateway, book: Book, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        assert (await ask(gateway, bearer(SECRET)))[0] == 200
        monkeypatch.setattr(identify, "FRESH", 0.0)
        book.away = True
        for _ in range(3):
            assert (await ask(gateway, bearer(SECRET)))[0] == 200
        assert book.asked == 2

    async def test_one_that_has_run_out_since_is_refused(
        self, gateway: Gateway, book: Book, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(identify, "FRESH", 0.0)
        token = book.add("ccg_short", Role.SUPERVISOR, lasts=timedelta(hours=1))
        assert (await ask(gateway, bearer(token)))[0] == 200
        book.away = True
        assert (await ask(gateway, bearer(token)))[0] == 200
        monkeypatch.setattr("ccgateway.web.identify.datetime", Later)
        assert (await ask(gateway, bearer(token)))[0] == 401


class Later(datetime):
    """The clock, two hours later."""

    @classmethod
    def now(cls, tz: tzinfo | None = None) -> Self:
        return super().now(tz) + timedelta(hours=2)


class TestRevoking:
    async def test_the_next_request_is_refused(
        self, gateway: Gateway, book: Book, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        assert (await ask(gateway, bearer(SECRET)))[0] == 200
        monkeypatch.setattr(identify, "FRESH", 0.0)
        revoke(book)
        assert (await ask(gateway, bearer(SECRET)))[0] == 401

    @pytest.mark.parametrize("path", ["/api/live", "/api/events"])
    async def test_who_watches_is_cut_off(
        self, gateway: Gateway, book: Book, monkeypatch: pytest.MonkeyPatch, path: str
    ) -> None:
        monkeypatch.setattr(access, "CHECK_AGAIN", 0.05)
        monkeypatch.setattr(identify, "FRESH", 0.0)
        upgrade = {
            "Connection": "Upgrade",
            "Upgrade": "websocket",
            "Sec-WebSocket-Version": "13",
            "Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA==",
        }
        headers = bearer(SECRET) | (upgrade if path == "/api/live" else {})
        reader, writer = await asyncio.open_connection("127.0.0.1", gateway.server.port)
        lines = [f"GET {path} HTTP/1.1", "Host: test", *(f"{k}: {v}" for k, v in headers.items())]
        writer.write("\r\n".join([*lines, "", ""]).encode())
        async with asyncio.timeout(WITHIN):
            assert b"snapshot" in await reader.readuntil(b'"snapshot"')
            revoke(book)
            await reader.read()
        writer.close()
        await writer.wait_closed()

    async def test_who_watches_as_an_agent_in_other_queues_now_is_cut_off(
        self, gateway: Gateway, book: Book, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(access, "CHECK_AGAIN", 0.05)
        token = book.add("ccg_101", Role.AGENT, Scope(agent="101"))
        async with (
            aiohttp.ClientSession(gateway.url, headers=bearer(token)) as session,
            session.ws_connect("/api/live") as socket,
            asyncio.timeout(WITHIN),
        ):
            assert "snapshot" in await socket.receive_str()
            monkeypatch.setitem(AGENTS, "101", {**AGENTS["101"], "queues": ["counter"]})
            await until_closed(socket)
            after = f"{gateway.feed.epoch}:{gateway.feed.number}"
            async with session.ws_connect("/api/live", params={"after": after}) as again:
                told = await again.receive_str()
            assert "snapshot" in told  # no later change would tell what is hidden or shown now
            assert THEIR_CALL in told

    async def test_who_watches_by_a_token_that_the_file_no_longer_has_is_cut_off(
        self, gateway: Gateway, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(access, "CHECK_AGAIN", 0.05)
        async with (
            aiohttp.ClientSession(gateway.url, headers=bearer(TOKEN)) as session,
            session.ws_connect("/api/live") as socket,
            asyncio.timeout(WITHIN),
        ):
            assert "snapshot" in await socket.receive_str()
            gateway.server.renew(http_settings(token="another-token-02"))
            await until_closed(socket)
