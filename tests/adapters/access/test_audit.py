"""What was done is kept: who, what, to what, from where."""

from __future__ import annotations

import pytest

from ccgateway.web.client import Client
from tests.adapters.access.asking import (
    SECRET,
    ask,
    bearer,
    browser,
)
from tests.adapters.centre import (
    OTHERS_CALL,
    Book,
    Gateway,
)


class TestAudit:
    async def test_acts_are_kept_with_who_and_what(self, gateway: Gateway, book: Book) -> None:
        async with Client(gateway.url, SECRET) as client:
            await client.agent("pause", "101")
            await client.originate("101", "+358401112223")
            await client.note(OTHERS_CALL, "leaks")
            await client.state()
            with pytest.raises(Exception, match="201"):
                await client.agent("pause", "201")
        told = [(act.who, act.role, act.what, act.target, act.status) for act in book.acts]
        who = (SECRET, "supervisor")
        assert told == [
            (*who, "agent", "101/pause", 200),
            (*who, "originate", "ccg-1.101", 202),
            (*who, "note", OTHERS_CALL, 200),
            (*who, "agent", "201/pause", 404),
        ]
        assert not any("+358" in str(act) for act in book.acts)

    async def test_signing_in_is_kept(self, gateway: Gateway, book: Book) -> None:
        async with browser(gateway) as page:
            await page.post("/api/session", json={"token": "ccg_wrong"})
            await page.post("/api/session", json={"token": SECRET})
        assert [(act.who, act.what) for act in book.acts] == [(SECRET, "signIn")]

    async def test_a_path_without_end_is_cut(self, gateway: Gateway, book: Book) -> None:
        await ask(gateway, bearer(SECRET), f"/api/agents/{'x' * 3000}/pause", "POST")
        assert [len(act.target) for act in book.acts] == [200]
