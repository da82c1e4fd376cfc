"""What a token opens, and what it does not."""

from __future__ import annotations

from collections.abc import Mapping

import aiohttp
import pytest

from ccgateway.access.who import Role, Scope
from ccgateway.errors import Refused
from ccgateway.outbound.attempt import Attempt
from ccgateway.outbound.gate import Wanted
from ccgateway.web.client import Client
from tests.adapters.access.asking import (
    SECRET,
    ask,
    bearer,
)
from tests.adapters.centre import (
    AGENTS,
    CALLS,
    OWN_CALL,
    OWN_CLICK,
    SERVICES,
    THEIR_CALL,
    THEIR_CLICK,
    Book,
    Centre,
    Gateway,
    attempt,
)
from tests.adapters.served import TOKEN


class TestTokens:
    async def test_says_who_asks(self, gateway: Gateway) -> None:
        scope = {"clients": ["oilco"], "services": [], "queues": []}
        told = {"name": SECRET, "role": "supervisor", "agent": "", "scope": scope}
        assert await ask(gateway, bearer(SECRET)) == (200, told)
        assert (await ask(gateway, bearer(TOKEN)))[1]["role"] == "administrator"

    @pytest.mark.parametrize(
        "header", ["", "Bearer", "Bearer ", f"Basic {SECRET}", f"Bearer {SECRET}x", "Bearer \xff"]
    )
    async def test_what_opens_nothing_is_told_how_to_get_one(
        self, gateway: Gateway, header: str
    ) -> None:
        status, told = await ask(gateway, {"Authorization": header} if header else {})
        assert status == 401
        assert "ccgateway token create" in told["detail"]

    async def test_a_role_too_low_is_told_which_it_takes(self, gateway: Gateway) -> None:
        status, told = await ask(gateway, bearer(SECRET), "/api/reload", "POST")
        assert status == 403
        assert "administrator" in told["detail"]

    async def test_an_agent_acts_for_themselves_in_their_calls(
        self, gateway: Gateway, book: Book
    ) -> None:
        token = book.add("ccg_101", Role.AGENT, Scope(agent="101"))
        async with Client(gateway.url, token) as client:
            await client.agent("pause", "101")
            await client.escalate(OWN_CALL, "pumps")
            await client.note(OWN_CALL, "leaks")
        assert gateway.loop.done == [
            ("pause", "101"),
            ("escalate", OWN_CALL, "101"),
            ("note", OWN_CALL, "101"),
        ]
        assert (await ask(gateway, bearer(token), "/api/agents/102/pause", "POST"))[0] == 403

    async def test_an_agent_who_passed_a_call_on_is_told_so_again(
        self, gateway: Gateway, book: Book, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The first answer got lost; the call has another agent by then."""
        headers = bearer(book.add("ccg_101", Role.AGENT, Scope(agent="101")))
        path, body = f"/api/calls/{OWN_CALL}/escalate", {"to": "pumps"}
        async with aiohttp.ClientSession(gateway.url, headers=headers) as session:
            for key, status in (("one", 200), ("one", 200), ("two", 403)):
                keyed = {"Idempotency-Key": key}
                async with session.post(path, json=body, headers=keyed) as response:
                    assert response.status == status
                monkeypatch.setitem(CALLS, OWN_CALL, {**CALLS[OWN_CALL], "agent": "102"})
                monkeypatch.setitem(AGENTS, "101", {**AGENTS["101"], "call_id": ""})
        assert gateway.loop.done == [("escalate", OWN_CALL, "101")]

    async def test_what_is_done_is_done_to_the_call_that_was_checked(
        self, gateway: Gateway
    ) -> None:
        """By its id: its beginning may be another's when the body is there."""
        async with Client(gateway.url, SECRET) as client:
            await client.note(OWN_CALL[:4], "leaks")
        assert gateway.loop.done == [("note", OWN_CALL, "cli")]

    async def test_an_agent_does_not_sign_as_another(self, gateway: Gateway, book: Book) -> None:
        headers = bearer(book.add("ccg_101", Role.AGENT, Scope(agent="101")))
        async with aiohttp.ClientSession(gateway.url, headers=headers) as session:
            for path, body in (
                (f"/api/calls/{OWN_CALL}/notes", {"text": "leaks", "by": "102"}),
                (f"/api/calls/{OWN_CALL}/escalate", {"to": "pumps", "agent": "102"}),
            ):
                async with session.post(path, json=body) as response:
                    assert response.status == 403
        assert gateway.loop.done == []

    async def test_the_token_of_an_agent_who_is_gone_opens_nothing(
        self, gateway: Gateway, book: Book
    ) -> None:
        token = book.add("ccg_gone", Role.AGENT, Scope(agent="999"))
        status, told = await ask(gateway, bearer(token))
        assert status == 403
        assert "999" in told["detail"]

    async def test_a_call_by_click_for_another_client_is_refused(
        self, gateway: Gateway, book: Book
    ) -> None:
        async with Client(gateway.url, SECRET) as client:
            await client.originate("101", "+358401112223", "hotline")
            with pytest.raises(Exception, match="hotline"):
                await client.originate("101", "+358401112223", "loans")
        assert gateway.loop.done == [("originate", "101")]

    async def test_a_call_by_click_is_placed_for_a_service_that_is_seen(
        self, gateway: Gateway, book: Book, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Without a word of which: agent 101 works for the bank, too, which alone can call out."""
        monkeypatch.setitem(AGENTS, "101", {**AGENTS["101"], "queues": ["stations", "counter"]})
        hotline = {**SERVICES[0], "own_numbers": []}
        monkeypatch.setattr("tests.adapters.centre.SERVICES", [hotline, SERVICES[1]])
        async with Client(gateway.url, SECRET) as client:
            with pytest.raises(Exception, match="own_numbers"):
                await client.originate("101", "+358401112223")
        assert gateway.loop.done == []

    async def test_a_refused_call_by_click_names_no_service_that_is_hidden(
        self, gateway: Gateway, book: Book, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Agent 101 is in no queue of the hot line now, but in the bank's."""
        monkeypatch.setitem(AGENTS, "101", {**AGENTS["101"], "queues": ["counter"]})
        async with Client(gateway.url, SECRET) as client:
            with pytest.raises(Refused, match="no queue of service hotline; theirs: none"):
                await client.originate("101", "+358401112223", "hotline")
        assert gateway.loop.done == []

    async def test_nobody_gets_a_call_by_click_by_anothers_key(
        self, gateway: Gateway, book: Book, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The keys are kept with the calls; two programs may count theirs from 1."""
        keys: list[str] = []

        async def originate(self: Centre, wanted: Wanted) -> Attempt:
            keys.append(wanted.key)
            return attempt(OWN_CLICK, wanted.agent)

        monkeypatch.setattr(Centre, "originate", originate)
        for token in (SECRET, book.add("ccg_other", Role.SUPERVISOR), TOKEN, SECRET):
            async with Client(gateway.url, token) as client:
                await client.originate("101", "+358401112223", "hotline", key="1")
        assert len(set(keys)) == 3
        assert keys[0] == keys[3]

    async def test_calls_of_others_are_not_counted(
        self, gateway: Gateway, book: Book, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A beginning that fits several hidden calls is answered like one that fits none."""

        def several(self: Centre, call: str) -> Mapping[str, object]:
            raise Refused(f"2 live calls are named {call!r}: 99999999, 98989898")

        told = [await ask(gateway, bearer(SECRET), "/api/calls/8/notes", "POST")]
        monkeypatch.setattr(Centre, "call", several)
        told += [await ask(gateway, bearer(SECRET), "/api/calls/8/notes", "POST")]
        assert told[0] == told[1]
        assert told[0][0] == 404

    @pytest.mark.parametrize(
        ("method", "path", "hidden"),
        [
            ("GET", "/api/calls/{}", THEIR_CALL),
            ("GET", "/api/calls/{}", THEIR_CLICK),
            ("POST", "/api/calls/{}/notes", THEIR_CALL),
            ("POST", "/api/agents/{}/pause", "201"),
        ],
    )
    async def test_what_is_hidden_is_as_if_it_were_not_there(
        self, gateway: Gateway, method: str, path: str, hidden: str
    ) -> None:
        """Word for word: the answer does not tell that there is something to hide."""
        missing = hidden.replace("9", "8").replace("201", "200")
        told = [
            await ask(gateway, bearer(SECRET), path.format(name), method)
            for name in (hidden, missing)
        ]
        assert told[0][0] == 404
        assert told[0][1]["detail"].replace(hidden, missing) == told[1][1]["detail"]
