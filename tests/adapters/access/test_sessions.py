"""Browsers that sign in; and the web process, which says who asked it."""

from __future__ import annotations

import aiohttp
import pytest

from ccgateway.access.who import Role, Scope
from ccgateway.web.behalf import Asker
from tests.adapters.access.asking import (
    SECRET,
    ask,
    bearer,
    browser,
)
from tests.adapters.centre import (
    Book,
    Gateway,
    http_settings,
)
from tests.adapters.served import TOKEN


class TestSessions:
    async def test_a_browser_signs_in_and_out(self, gateway: Gateway) -> None:
        async with browser(gateway) as page:
            async with page.post("/api/session", json={"token": SECRET}) as response:
                assert response.status == 200
                assert (await response.json())["name"] == SECRET
                cookie = response.headers["Set-Cookie"]
            assert "HttpOnly" in cookie
            assert "SameSite=Strict" in cookie
            assert SECRET not in cookie
            async with page.get("/api/state") as response:
                assert response.status == 200
                assert response.headers["Cache-Control"] == "no-store"
            async with page.post("/api/agents/101/pause") as response:
                assert response.status == 200
            async with page.ws_connect("/api/live") as socket:
                assert "snapshot" in await socket.receive_str()
            async with page.delete("/api/session") as response:
                assert response.status == 204
            async with page.get("/api/state") as response:
                assert response.status == 401

    async def test_what_anothers_page_sends_is_refused(self, gateway: Gateway) -> None:
        async with browser(gateway) as page:
            await page.post("/api/session", json={"token": SECRET})
            for origin in ("http://evil.example", "null", f"{gateway.url}0", "http://[", "x"):
                for method, path in (
                    ("POST", "/api/agents/101/pause"),
                    ("GET", "/api/state"),
                    ("DELETE", "/api/session"),
                ):
                    headers = {"Origin": origin}
                    async with page.request(method, path, headers=headers) as response:
                        assert response.status == 403, origin
                with pytest.raises(aiohttp.WSServerHandshakeError, match="403"):
                    await page.ws_connect("/api/live", headers={"Origin": origin})
        assert gateway.loop.done == []

    async def test_what_does_not_say_whose_page_it_is_may_read_only(self, gateway: Gateway) -> None:
        async with browser(gateway) as page:
            await page.post("/api/session", json={"token": SECRET})
            jar = page.cookie_jar
            async with aiohttp.ClientSession(gateway.url, cookie_jar=jar) as silent:
                async with silent.get("/api/state") as response:
                    assert response.status == 200
                async with silent.post("/api/agents/101/pause") as response:
                    assert response.status == 403
                with pytest.raises(aiohttp.WSServerHandshakeError, match="403"):
                    await silent.ws_connect("/api/live")  # browsers let any page open one

    async def test_nobody_is_signed_in_by_anothers_page(self, gateway: Gateway) -> None:
        async with (
            browser(gateway, forged=True) as page,
            page.post("/api/session", json={"token": SECRET}) as response,
        ):
            assert response.status == 403
            assert "Set-Cookie" not in response.headers

    async def test_a_cookie_of_ones_own_making_opens_nothing(self, gateway: Gateway) -> None:
        async with browser(gateway) as page:
            async with page.post("/api/session", json={"token": SECRET}) as response:
                cookie = response.cookies["ccgateway"].value
            for forged in ("", "x", cookie[:-1], cookie + "x", TOKEN, cookie.partition(".")[0]):
                headers = {"Cookie": f"ccgateway={forged}"}
                assert (await ask(gateway, headers))[0] == 401, forged

    async def test_a_restart_does_not_end_it_and_another_key_does(self, book: Book) -> None:
        keys = [b"k" * 32, b"k" * 32, b"l" * 32]
        cookie, answers = "", []
        for key in keys:
            gateway = Gateway(book, key=key)
            async with gateway:
                if not cookie:
                    async with (
                        browser(gateway) as page,
                        page.post("/api/session", json={"token": SECRET}) as response,
                    ):
                        cookie = response.cookies["ccgateway"].value
                headers = {"Cookie": f"ccgateway={cookie}"}
                answers.append((await ask(gateway, headers))[0])
        assert answers == [200, 200, 401]

    async def test_another_token_in_the_file_ends_those_of_the_one_before(
        self, gateway: Gateway
    ) -> None:
        async with browser(gateway) as page:
            await page.post("/api/session", json={"token": TOKEN})
            for token, status in ((TOKEN, 200), ("another-token-02", 401)):
                gateway.server.renew(http_settings(token=token))
                async with page.get("/api/state") as response:
                    assert response.status == status


class TestWebProcess:
    ASKS = Asker("ccg_anna", "203.0.113.7").headers()

    async def test_it_asks_for_another_whose_act_it_is(self, book: Book) -> None:
        book.add("ccg_anna", Role.AGENT, Scope(agent="101"))
        path = "/api/agents/{}/pause"
        async with Gateway(book) as gateway:
            headers = bearer(TOKEN) | self.ASKS
            assert (await ask(gateway, headers, path.format("102"), "POST"))[0] == 403
            assert (await ask(gateway, headers, path.format("101"), "POST"))[0] == 200
        told = [(act.who, act.status, act.address) for act in book.acts]
        assert told == [("ccg_anna", 403, "203.0.113.7"), ("ccg_anna", 200, "203.0.113.7")]

    async def test_for_nobody_whose_token_has_ended(self, book: Book) -> None:
        async with Gateway(book) as gateway:
            status, _ = await ask(gateway, bearer(TOKEN) | self.ASKS, "/api/state")
        assert status == 401

    async def test_nobody_else_is_heard_who_says_so(self, book: Book) -> None:
        book.add("ccg_chief", Role.ADMINISTRATOR)
        says = Asker("ccg_chief", "203.0.113.7").headers()
        async with Gateway(book) as gateway:
            status, _ = await ask(gateway, bearer(SECRET) | says, "/api/reload", "POST")
        assert status == 403
        assert [(act.who, act.address) for act in book.acts] == [(SECRET, "127.0.0.1")]
