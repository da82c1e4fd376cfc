"""Calls by click on the real Asterisk: how they go, how they fail; nobody is rung twice."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any

import pytest
import pytest_asyncio

from ccgateway.calls.call import Direction, Disposition
from ccgateway.errors import Refused
from ccgateway.rig import record
from ccgateway.rig.installs import Install
from ccgateway.rig.phone.incoming import IncomingCall
from ccgateway.rig.phone.manner import AWAY, BUSY, DECLINES, RINGS, UNKNOWN, Manner, answers
from ccgateway.rig.phone.outside import Outside
from ccgateway.rig.phone.phone import Phone
from ccgateway.rig.ports import LOOPBACK
from ccgateway.rig.proxy import Proxy
from ccgateway.rig.waiting import until
from ccgateway.rig.world import World
from tests.preparing import ON_16

pytestmark = pytest.mark.acceptance

NUMBER = "+358401234567"
OWN = "+358942454000"
KAISA, PUMPS = 201, 211
REPLY = b"ActionID: ccg-"
"""Stands in Asterisk's reply to our Originate, and nowhere before it."""

RUNG_OUT = 60.0  # seconds: 45 of ringing, then a tone for the agent


@dataclass
class Bench:
    """A world with registered phones, their agents logged in, and the world behind the trunk."""

    world: World
    outside: Outside
    phones: dict[int, Phone]

    async def click(self, agent: int, to: str = NUMBER, key: str = "") -> str:
        """Ask for a call; returns the attempt's id."""
        async with self.world.gateway.client() as client:
            return str((await client.originate(str(agent), to, "lines", key=key))["id"])

    async def attempt(self, attempt_id: str) -> dict[str, Any]:
        async with self.world.gateway.client() as client:
            return await client.attempt(attempt_id)

    async def ended(self, attempt_id: str, seconds: float = 20.0) -> dict[str, Any]:
        async def over() -> dict[str, Any]:
            found = await self.attempt(attempt_id)
            return found if found["stage"] == "ended" else {}

        return await until(over, f"{attempt_id} has ended", seconds=seconds)

    async def ended_by(self, attempt_id: str, end: str) -> None:
        """Once the journals have told what the gateway did not hear."""

        async def told() -> bool:
            return bool((await self.attempt(attempt_id))["end"] == end)

        await until(told, f"{attempt_id} has ended: {end}", seconds=20)

    async def is_at(self, attempt_id: str, stage: str) -> None:
        async def there() -> bool:
            return bool((await self.attempt(attempt_id))["stage"] == stage)

        await until(there, f"{attempt_id} is {stage}", seconds=20)

    def invites(self, agent: int = KAISA) -> int:
        """How often the agent's phone was rung."""
        return sum(isinstance(call, IncomingCall) for call in self.phones[agent].calls)


@asynccontextmanager
async def bench_of(*agents: int) -> AsyncIterator[Bench]:
    async with AsyncExitStack() as stack:
        world = await stack.enter_async_context(World(agents=()))
        outside = await stack.enter_async_context(Outside(world.asterisk))
        phones = {}
        for agent in agents:
            phone = await Phone.register(world.asterisk, agent)
            phones[agent] = await stack.enter_async_context(phone)
        await world.gateway.login(agents)
        yield Bench(world, outside, phones)


@pytest_asyncio.fixture
async def bench(install: Install) -> AsyncIterator[Bench]:
    """Kaisa's phone alone."""
    async with bench_of(KAISA) as bench:
        yield bench


async def test_the_agent_is_rung_then_the_customer_and_they_hear_each_other(bench: Bench) -> None:
    kaisa, customer = bench.phones[KAISA], bench.outside.phone(NUMBER)
    attempt_id = await bench.click(KAISA, "040 123 4567")
    inside = await kaisa.rings()
    assert (inside.display.name, inside.display.number) == (f"Call {NUMBER}", NUMBER)
    assert not inside.wants_auto_answer
    await bench.is_at(attempt_id, "ringing_agent")
    await inside.answer()
    outside = await customer.rings()
    assert (outside.display.name, outside.display.number) == ("", OWN)
    await bench.is_at(attempt_id, "ringing")
    await outside.answer()
    await inside.hears_only(customer)
    await outside.hears_only(kaisa)
    await bench.is_at(attempt_id, "answered")
    await outside.hang_up()
    ended = await bench.ended(attempt_id)
    assert (ended["end"], ended["cause"], ended["agent"]) == ("talked", 16, str(KAISA))
    assert (ended["number"], ended["caller_id"]) == (NUMBER, OWN)
    [call] = await record.settled(bench.world.postgres.dsn, 1)
    assert (str(call.call_id), call.attempt) == (ended["call_id"], attempt_id)
    assert (call.direction, call.disposition) == (Direction.OUTBOUND, Disposition.ANSWERED)
    assert (call.service, [talk.agent for talk in call.talks]) == ("lines", [str(KAISA)])
    assert bench.world.asterisk.complaints() == [
        line for line in bench.world.asterisk.complaints() if "'CCG'" in line
    ]


@pytest.mark.long
async def test_a_call_by_click_is_a_case_that_the_next_line_reads(install: Install) -> None:
    async with bench_of(KAISA, PUMPS) as bench:
        bench.phones[KAISA].manner = answers()
        bench.outside.phone(NUMBER).manner = answers()
        attempt_id = await bench.click(KAISA)
        await bench.is_at(attempt_id, "answered")
        await (await bench.phones[KAISA].rings()).press("*22")
        second = await bench.phones[PUMPS].rings()
        assert second.display.name == "L2 #1001"
        await second.answer()
        await second.hears_only(bench.outside.phone(NUMBER))
        again = await bench.click(KAISA, "+358401234568")  # the first talks on without Kaisa
        await second.hang_up()
        assert (await bench.ended(attempt_id))["end"] == "talked"
        assert (await bench.ended(again, RUNG_OUT))["end"] == "no_answer"
        calls = await record.settled(bench.world.postgres.dsn, 2)
    cases = {call.attempt: call.case for call in calls}
    assert cases == {attempt_id: 1001, again: 1002}
    [call_id] = {str(call.call_id) for call in calls if call.attempt == attempt_id}
    assert second.header("X-CCG-Call") == call_id


CUSTOMERS = [
    (201, "+358401230001", BUSY, "busy", 17, "486 Busy Here"),
    (202, "+358401230002", DECLINES, "rejected", 21, "603 Decline"),
    (203, "+358401230003", UNKNOWN, "unreachable", 1, "404 Not Found"),
    (211, "+358401230004", AWAY, "no_answer", 19, "480 Temporarily Unavailable"),
    (212, "+358401230005", RINGS, "no_answer", None, ""),
]


@pytest.mark.long
async def test_customers_who_do_not_answer(install: Install) -> None:
    async with bench_of(*(row[0] for row in CUSTOMERS)) as bench:

        async def one(agent: int, number: str, manner: Manner) -> tuple[str, int | None, str]:
            bench.phones[agent].manner = answers()
            bench.outside.phone(number).manner = manner
            ended = await bench.ended(await bench.click(agent, number), RUNG_OUT)
            assert ended["agent_answered_at"]
            assert not ended["answered_at"]
            return ended["end"], ended["cause"], ended["sip"]

        found = await asyncio.gather(*(one(*row[:3]) for row in CUSTOMERS))
    assert found == [row[3:] for row in CUSTOMERS]


AGENTS = [
    (201, BUSY, "agent_busy", 17),
    (202, DECLINES, "agent_rejected", 21),
    (203, RINGS, "agent_no_answer", None if ON_16 else 19),  # 16 gives no cause for its timeout
    (211, AWAY, "agent_no_answer", 19),
    (212, None, "agent_unreachable", None),
]


@pytest.mark.long
async def test_agents_who_do_not_answer(install: Install) -> None:
    async with bench_of(*(row[0] for row in AGENTS)) as bench:

        async def one(agent: int, manner: Manner | None) -> tuple[str, int | None]:
            if manner is None:
                await bench.phones[agent].unregister()
            else:
                bench.phones[agent].manner = manner
            ended = await bench.ended(await bench.click(agent), RUNG_OUT)
            return ended["end"], ended["cause"]

        found = await asyncio.gather(*(one(*row[:2]) for row in AGENTS))
        assert found == [row[2:] for row in AGENTS]
        assert bench.outside.phone(NUMBER).calls == []
        async with bench.world.gateway.client() as client:
            state = await client.state()
    assert state["calls"] == []
    assert {a["state"] for a in state["agents"] if int(a["id"]) in bench.phones} == {"ready"}


async def test_an_agent_who_hangs_up_before_the_answer(bench: Bench) -> None:
    attempt_id = await bench.click(KAISA)
    inside = await bench.phones[KAISA].rings()
    await inside.answer()
    outside = await bench.outside.phone(NUMBER).rings()
    await bench.is_at(attempt_id, "ringing")
    await inside.hang_up()
    await outside.over()
    assert (await bench.ended(attempt_id))["end"] == "cancelled"


async def test_what_may_not_be_called_rings_nobody(bench: Bench) -> None:
    for number, says in (
        ("112", "emergency"),
        ("0600 12345", "premium"),
        ("+1 876 555 1234", "JM"),
        ("1010", "our own"),
        (OWN, "our own"),
        ("16100", "short code"),
        ("0401234567,CCG_OWN=1", "no telephone number"),
    ):
        with pytest.raises(Refused, match=says):
            await bench.click(KAISA, number)
    async with bench.world.gateway.client() as client:
        await client.agent("logout", str(KAISA))
        with pytest.raises(Refused, match="not logged in"):
            await client.originate(str(KAISA), NUMBER)
    assert bench.invites() == 0


async def test_a_phone_that_answers_by_itself(bench: Bench) -> None:
    gateway = bench.world.gateway
    gateway.stop()
    agent = f'[[agent]]\nid = "{KAISA}"\n'
    told = gateway.config.read_text(encoding="utf-8")
    gateway.config.write_text(told.replace(agent, f"{agent}auto_answer = true\n"), encoding="utf-8")
    await gateway.start()
    kaisa = bench.phones[KAISA]
    kaisa.auto_answer = True
    attempt_id = await bench.click(KAISA)
    outside = await bench.outside.phone(NUMBER).rings()
    inside = await kaisa.rings()
    assert inside.header("Call-Info") == "<sip:127.0.0.1>;answer-after=0"
    assert inside.header("Alert-Info").endswith("info=alert-autoanswer;delay=0")
    assert not outside.wants_auto_answer
    await outside.refuse()
    assert (await bench.ended(attempt_id))["end"] == "busy"


class TestOnce:
    """Whatever is repeated, cut or killed: the agent's phone rings once."""

    async def test_a_repeated_request(self, bench: Bench) -> None:
        asked = [bench.click(KAISA, key="click-1") for _ in range(5)]
        ids = set(await asyncio.gather(*asked))
        await (await bench.phones[KAISA].rings()).refuse()
        [attempt_id] = ids
        assert (await bench.ended(attempt_id))["end"] == "agent_busy"
        assert await bench.click(KAISA, key="click-1") == attempt_id
        bench.world.gateway.kill()
        await bench.world.gateway.start()
        assert await bench.click(KAISA, key="click-1") == attempt_id
        with pytest.raises(Refused, match=attempt_id):
            await bench.click(KAISA, "040 123 4568", key="click-1")
        assert bench.invites() == 1

    async def test_a_gateway_that_dies_while_it_rings(self, bench: Bench) -> None:
        attempt_id = await bench.click(KAISA)
        inside = await bench.phones[KAISA].rings()
        await bench.is_at(attempt_id, "ringing_agent")
        bench.world.gateway.kill()
        await bench.world.gateway.start()
        await inside.answer()
        outside = await bench.outside.phone(NUMBER).rings()
        await outside.answer()
        await bench.is_at(attempt_id, "answered")
        await inside.hang_up()
        assert (await bench.ended(attempt_id))["end"] == "talked"
        assert bench.invites() == 1

    async def test_a_call_that_ends_while_the_gateway_is_dead(self, bench: Bench) -> None:
        attempt_id = await bench.click(KAISA)
        inside = await bench.phones[KAISA].rings()
        await bench.is_at(attempt_id, "ringing_agent")
        bench.world.gateway.kill()
        await inside.refuse()
        await bench.world.gateway.start()
        await bench.ended_by(attempt_id, "agent_busy")
        assert bench.invites() == 1

    async def test_a_talk_that_ends_while_the_gateway_is_dead(self, bench: Bench) -> None:
        attempt_id = await bench.click(KAISA)
        inside = await bench.phones[KAISA].rings()
        await bench.is_at(attempt_id, "ringing_agent")
        bench.world.gateway.kill()
        await inside.answer()
        await (await bench.outside.phone(NUMBER).rings()).answer()
        await inside.hang_up()
        await bench.world.gateway.start()
        await bench.ended_by(attempt_id, "talked")
        assert bench.invites() == 1


@pytest_asyncio.fixture
async def proxy(bench: Bench) -> AsyncIterator[Proxy]:
    """The gateway speaks with Asterisk through it."""
    gateway, port = bench.world.gateway, bench.world.asterisk.addresses.ami_port
    gateway.stop()
    async with Proxy(LOOPBACK, port) as proxy:
        told = gateway.config.read_text(encoding="utf-8")
        there = told.replace(f"\nport = {port}\n", f"\nport = {proxy.port}\n")
        gateway.config.write_text(there, encoding="utf-8")
        await gateway.start()
        yield proxy
        gateway.stop()


class TestCut:
    """The AMI link is cut in the middle of an originate."""

    async def test_before_asterisk_took_it(self, bench: Bench, proxy: Proxy) -> None:
        proxy.freeze()
        attempt_id = await bench.click(KAISA, key="click-1")
        assert (await bench.attempt(attempt_id))["stage"] == "sent"
        proxy.cut()
        proxy.thaw()
        assert (await bench.ended(attempt_id))["end"] == "lost"
        assert await bench.click(KAISA, key="click-1") == attempt_id
        assert bench.invites() == 0
        again = await bench.click(KAISA, key="click-2")  # the agent is free for another call
        await (await bench.phones[KAISA].rings()).refuse()
        assert (await bench.ended(again))["end"] == "agent_busy"

    async def test_after_asterisk_took_it(self, bench: Bench, proxy: Proxy) -> None:
        proxy.close_after = REPLY
        attempt_id = await bench.click(KAISA, key="click-1")
        inside = await bench.phones[KAISA].rings()
        await self._is_back(bench)
        assert (await bench.attempt(attempt_id))["stage"] == "sent"
        assert await bench.click(KAISA, key="click-1") == attempt_id
        await inside.answer()
        outside = await bench.outside.phone(NUMBER).rings()
        await outside.answer()
        await bench.is_at(attempt_id, "answered")
        await outside.hang_up()
        assert (await bench.ended(attempt_id))["end"] == "talked"
        assert bench.invites() == 1

    async def test_and_the_agent_rejects_before_it_is_back(
        self, bench: Bench, proxy: Proxy
    ) -> None:
        proxy.close_after = REPLY
        asking = asyncio.create_task(bench.click(KAISA))
        inside = await bench.phones[KAISA].rings()
        proxy.freeze()
        await inside.refuse()
        attempt_id = await asking
        proxy.cut()
        proxy.thaw()
        await bench.ended_by(attempt_id, "agent_busy")
        assert bench.invites() == 1

    async def test_in_the_talk_which_ends_before_it_is_back(
        self, bench: Bench, proxy: Proxy
    ) -> None:
        bench.phones[KAISA].manner = answers()
        bench.outside.phone(NUMBER).manner = answers()
        attempt_id = await bench.click(KAISA)
        await bench.is_at(attempt_id, "answered")
        proxy.freeze()
        inside = await bench.phones[KAISA].rings()
        await inside.hang_up()
        await (await bench.outside.phone(NUMBER).rings()).over()
        proxy.cut()
        proxy.thaw()
        ended = await bench.ended(attempt_id)
        assert (ended["end"], ended["cause"]) == ("talked", None)
        assert bench.invites() == 1

    @staticmethod
    async def _is_back(bench: Bench) -> None:
        async def up() -> bool:
            async with bench.world.gateway.client() as client:
                state = await client.state()
            connects = state["links"]["pbx1"]["connects"]
            return bool(state["nodes"][0]["up"] and connects > 1)

        await until(up, "the link is up again")
