"""A running call is passed on, and noted in, by API and CLI; the rota and do-not-disturb: on a real
Asterisk with phones that speak and hear."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import pytest_asyncio

from ccgateway.errors import Refused
from ccgateway.rig.installs import Install
from ccgateway.rig.phone.incoming import IncomingCall
from ccgateway.rig.phone.manner import BUSY
from ccgateway.rig.phone.outgoing import OutgoingCall
from ccgateway.rig.phone.outside import Outside
from ccgateway.rig.phone.phone import Phone
from ccgateway.rig.waiting import until
from ccgateway.rig.world import World
from tests.acceptance import cli

pytestmark = pytest.mark.acceptance

STATION = "+358405551042"
FIRST, PUMPS, SPECIALIST = 201, 211, 221
RING_AROUND = 15.0
"""Seconds in which the queue, which rings one after the other for 4 s, comes to each."""


@dataclass
class Desk:
    """The service `lines`: a phone at each line, and the customer."""

    world: World
    outside: Outside
    phones: dict[int, Phone]

    @property
    def customer(self) -> Phone:
        return self.outside.phone(STATION, name="Station 17")

    async def arrives(self) -> tuple[OutgoingCall, dict[str, Any]]:
        """The customer calls, and talks with first line; the customer's end, and the call."""
        call = await self.customer.dial("1010")
        await self.takes(FIRST, call)
        return call, await self.live(lambda shown: shown["where"] == "talking with 201")

    async def takes(self, agent: int, customer: OutgoingCall) -> IncomingCall:
        """An agent is rung, answers, and hears the customer."""
        call = await self.phones[agent].rings()
        await call.answer()
        await customer.hears_only(self.phones[agent])
        await call.hears_only(self.customer)
        return call

    async def live(self, seen: Any) -> dict[str, Any]:
        """The one live call, once ``seen`` says so of it."""

        async def look() -> dict[str, Any]:
            async with self.world.gateway.client() as client:
                calls = (await client.state())["calls"]
            return next((shown for shown in calls if seen(shown)), {})

        return await until(look, "the call is so")

    async def run(self, *words: str) -> tuple[int, str]:
        """A command: its exit code, and what it says. In a thread, for the phones go on here."""
        done = await asyncio.to_thread(cli.run, self.world.gateway.config, *words)
        return done.returncode, done.stdout + done.stderr

    async def state_of(self, agent: int) -> tuple[str, str]:
        async with self.world.gateway.client() as client:
            agents = {row["id"]: row for row in (await client.state())["agents"]}
        return agents[str(agent)]["state"], agents[str(agent)]["reason"]

    async def told(self, name: str) -> str:
        """What a global of Asterisk holds."""
        said = await self.world.asterisk.rx(f"dialplan eval function GLOBAL({name})")
        return said.partition("Result: ")[2].strip()


@pytest_asyncio.fixture
async def desk(install: Install) -> AsyncIterator[Desk]:
    async with AsyncExitStack() as stack:
        world = await stack.enter_async_context(World(agents=()))
        outside = await stack.enter_async_context(Outside(world.asterisk))
        phones = {}
        for number in (FIRST, PUMPS, SPECIALIST):
            phone = await Phone.register(world.asterisk, number)
            phones[number] = await stack.enter_async_context(phone)
        await world.gateway.login(phones)
        yield Desk(world, outside, phones)


async def test_warm_up_cold_up_and_back(desk: Desk) -> None:
    customer, shown = await desk.arrives()
    call_id, case = shown["call_id"], shown["case"]
    async with desk.world.gateway.client() as client:
        done = await client.escalate(call_id[:8], "pumps", "warm")
    assert done == {"call_id": call_id, "agent": "201", "to": "pumps", "mode": "warm"}
    asked = await desk.phones[PUMPS].rings()
    assert asked.display.name == f"L2 #{case} Station 17"
    await asked.answer()
    await asked.hears_only(desk.phones[FIRST])  # the agents speak first
    await desk.phones[FIRST].calls[0].hang_up()  # and that completes it
    await customer.hears_only(desk.phones[PUMPS])

    code, said = await desk.run("call", "note", f"#{case}", "pump 3 leaks", "--by", "211")
    assert (code, said.strip()) == (0, f"noted in call {call_id[:8]}")
    code, said = await desk.run("call", "escalate", call_id[:8], "--to", "specialists")
    assert (code, said.strip()) == (
        0,
        f"agent 211 passes call {call_id[:8]} on to specialists (cold)",
    )
    third = await desk.phones[SPECIALIST].rings()
    assert third.display.name == f"L3 #{case} Station 17"
    await third.answer()
    await customer.hears_only(desk.phones[SPECIALIST])

    async with desk.world.gateway.client() as client:
        assert (await client.escalate(f"#{case}", "back"))["mode"] == "back"
    again = await desk.phones[PUMPS].rings()
    await again.answer()
    await customer.hears_only(desk.phones[PUMPS])
    await customer.hang_up()

    async def story() -> str:
        _, said = await desk.run("call", "show", f"#{case}")
        return said if "disposition   answered" in said else ""

    said = await until(story, "the call is in the record")
    for words in ("passes the caller to pumps (second line), warm", "third line", "pump 3 leaks"):
        assert words in said
    code, said = await desk.run("call", "list")
    assert f"#{case}" in said
    assert "lines > pumps > specialists" in said


async def test_what_cannot_be_says_why_and_the_talk_goes_on(desk: Desk) -> None:
    customer, shown = await desk.arrives()
    call_id = shown["call_id"]
    for words, code, says in (
        (("escalate", call_id, "--to", "plumbers"), 3, "there are: pumps, tills, vendor"),
        (("escalate", call_id, "--to", "back"), 3, "no line before"),
        (("escalate", call_id, "--to", "pumps", "--mode", "hot"), 3, "there are cold, warm"),
        (("escalate", "ffffffff", "--to", "pumps"), 3, "no live call"),
        (("note", "#7", "x"), 3, "no live call"),
        (("note", call_id, "\x1b[2J"), 3, "control characters"),
    ):
        given, said = await desk.run("call", *words)
        assert given == code, said
        assert says in said
    await customer.hears_only(desk.phones[FIRST])
    assert customer.keys == ""  # of keys that were pressed for nothing the customer would hear


async def test_an_agent_who_consults_already_is_not_sent_elsewhere(desk: Desk) -> None:
    customer, shown = await desk.arrives()
    async with desk.world.gateway.client() as client:
        await client.escalate(shown["call_id"], "pumps", "warm")
        asked = await desk.phones[PUMPS].rings()
        await asked.answer()
        await asked.hears_only(desk.phones[FIRST])
        with pytest.raises(Refused):
            await client.escalate(shown["call_id"], "specialists", "cold")
    await desk.phones[FIRST].calls[0].hang_up()
    await customer.hears_only(desk.phones[PUMPS])


async def test_asterisk_is_told_who_is_on_call_and_again_after_its_restart(desk: Desk) -> None:
    vendor, gateway = "CCG_TARGET_lines_4", desk.world.gateway
    assert await desk.told(vendor) == "vendor|3||+358942454900|10|back|10|"
    gateway.stop()
    text = gateway.config.read_text()
    other_day = (datetime.now(UTC) + timedelta(days=3)).strftime("%a").lower()
    rota = f'["+358942454901 {other_day} 08:00-16:00", "+358942454902"]'
    gateway.config.write_text(text.replace('["+358942454900"]', rota))
    await gateway.start()

    async def is_new() -> bool:
        return await desk.told(vendor) == "vendor|3||+358942454902|10|back|10|"

    await until(is_new, "the second of the rota is on call")
    await desk.world.asterisk.restart()
    await until(is_new, "Asterisk is told again", seconds=40)
    assert await desk.told("CCG_FIRST_lines") == "first|20"


async def test_a_phone_that_does_not_want_to_be_disturbed_is_paused(desk: Desk) -> None:
    phone = desk.phones[FIRST]
    phone.do_not_disturb = True
    async with await Phone.register(desk.world.asterisk, 202):  # rings, and is never answered
        await desk.world.gateway.login([202])
        await _do_not_disturb(desk, phone)


async def _do_not_disturb(desk: Desk, phone: Phone) -> None:
    customer = await desk.customer.dial("1010")

    async def is_paused() -> bool:
        return await desk.state_of(FIRST) == ("paused", "dnd")

    await until(is_paused, "the agent is paused")
    assert "paused:dnd" in await desk.world.asterisk.rx("queue show first")
    offered = len(phone.calls)
    for _ in range(offered):
        assert (await phone.rings()).status == BUSY.refuses

    phone.do_not_disturb = False
    ready = await phone.dial("*14")
    await ready.answered()
    await ready.hang_up()
    assert await desk.state_of(FIRST) == ("ready", "")
    rung = await phone.rings(within=RING_AROUND)
    await rung.answer()
    await customer.hears_only(phone)


async def test_who_rejects_by_hand_or_is_not_there_is_not_paused(desk: Desk) -> None:
    customer = await desk.customer.dial("1010")
    call = await desk.phones[FIRST].rings()
    await asyncio.sleep(0.3)  # a person's hand
    await call.refuse(603)
    await desk.takes(FIRST, customer)
    assert (await desk.state_of(FIRST))[0] == "talking"
    async with desk.world.gateway.client() as client:
        await client.escalate("#1001", "pumps", "cold")
    await desk.takes(PUMPS, customer)
    await desk.phones[FIRST].unregister()
    await customer.hang_up()
    second = await desk.outside.phone("+358405551043").dial("1010")
    await second.answered()
    await desk.live(lambda shown: shown["where"] == "hears the message: nobody")
    assert await desk.state_of(FIRST) == ("ready", "")
