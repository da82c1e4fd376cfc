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
from ccgateway.rig.asterisk import FIRST_LINE as FALLBACK_MEMBERS
from ccgateway.rig.installs import Install
from ccgateway.rig.phone.incoming import IncomingCall
from ccgateway.rig.phone.manner import AWAY, BUSY, RINGS, Manner
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

    async def consults(self, call: str, agent: int, to: str, asked: int) -> None:
        """An agent passes the call on, warm, and speaks with who answers."""
        async with self.world.gateway.client() as client:
            done = await client.escalate(call, to, "warm")
        assert done["agent"] == str(agent)
        # Two seconds for the caller to reach the music, one or two for the queue's next look.
        second = await self.phones[asked].rings(within=9)
        await second.answer()
        await second.hears_only(self.phones[agent])

    async def run(self, *words: str) -> tuple[int, str]:
        """A command: its exit code, and what it says. In a thread, for the phones go on here."""
        done = await asyncio.to_thread(cli.run, self.world.gateway.config, *words)
        return done.returncode, done.stdout + done.stderr

    async def state_of(self, agent: int) -> tuple[str, str]:
        async with self.world.gateway.client() as client:
            agents = {row["id"]: row for row in (await client.state())["agents"]}
        return agents[str(agent)]["state"], agents[str(agent)]["reason"]

    async def is_shown(self, agent: int, state: str, reason: str = "") -> None:
        """Soon. Raises RigError."""

        async def so() -> bool:
            return await self.state_of(agent) == (state, reason)

        await until(so, f"agent {agent} is {state} {reason}")

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
    noted = await desk.live(lambda shown: shown["notes"])
    async with desk.world.gateway.client() as client:
        told = await client.call(f"#{case}")
        assert told == await client.call(call_id[:8])
        assert {name: told[name] for name in noted} == noted  # and the rest of its story
    assert [(note["by"], note["text"]) for note in noted["notes"]] == [("211", "pump 3 leaks")]
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
        (
            ("escalate", call_id, "--to", "pumps", "--mode", "hot"),
            3,
            "mode: Input should be 'cold' or 'warm'",
        ),
        (("escalate", "ffffffff", "--to", "pumps"), 3, "no live call"),
        (("note", "#7", "x"), 3, "no live call"),
        (("take", call_id), 3, "nobody consults in this call"),
        (("join", call_id), 3, "nobody consults in this call"),
        (("complete", call_id), 3, "nobody consults in this call"),
        (("note", call_id, "\x1b[2J"), 2, "control characters"),
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


async def test_a_consultation_is_ended_in_the_agents_place(desk: Desk) -> None:
    customer, shown = await desk.arrives()
    call_id, case = shown["call_id"], shown["case"]
    first, pumps = desk.phones[FIRST], desk.phones[PUMPS]
    async with desk.world.gateway.client() as client:
        await client.escalate(call_id, "pumps", "warm")
        asked = await pumps.rings()
        with pytest.raises(Refused, match="nobody of pumps has answered agent 201 yet"):
            await client.consult(call_id, "join")
        done = await client.consult(call_id[:8], "take")  # while it rings
    assert done == {"call_id": call_id, "agent": "201", "do": "take"}
    await customer.hears_only(first)
    await asked.over()

    await desk.consults(call_id, FIRST, "pumps", PUMPS)
    code, said = await desk.run("call", "take", f"#{case}")
    assert (code, said.strip()) == (0, f"agent 201 has the caller again (call {call_id[:8]})")
    await customer.hears_only(first)

    await desk.consults(call_id, FIRST, "pumps", PUMPS)
    code, said = await desk.run("call", "complete", call_id)
    assert (code, said.strip()) == (0, f"agent 201 leaves the caller there (call {call_id[:8]})")
    await customer.hears_only(pumps)

    await desk.consults(call_id, PUMPS, "specialists", SPECIALIST)
    code, said = await desk.run("call", "join", f"#{case}")
    assert (code, said.strip()) == (
        0,
        f"agent 211 brings the caller into the talk (call {call_id[:8]})",
    )
    await customer.hears_only(pumps, desk.phones[SPECIALIST])
    assert customer.keys == ""


async def test_where_the_agent_has_no_keys_the_customer_hears_none(desk: Desk) -> None:
    customer, shown = await desk.arrives()
    channels = await desk.world.asterisk.rx("core show channels concise")
    [channel] = [name for name in channels.replace("!", "\n").split() if "PJSIP/201-" in name]
    await desk.world.asterisk.rx(f"dialplan set chanvar {channel} DYNAMIC_FEATURES none")
    code, said = await desk.run("call", "escalate", shown["call_id"], "--to", "pumps")
    assert (code, "agent 201 has no keys for it" in said) == (3, True), said
    await customer.hears_only(desk.phones[FIRST])
    assert customer.keys == ""
    assert customer.key_tones() == []


async def test_a_call_that_began_without_the_gateway_is_passed_on(desk: Desk) -> None:
    gateway, asterisk = desk.world.gateway, desk.world.asterisk
    gateway.stop()
    for away in FALLBACK_MEMBERS:
        await asterisk.rx(f"queue pause member PJSIP/{away} queue ccg-fallback")
    await asterisk.rx("queue add member PJSIP/201 to ccg-fallback")
    customer = await desk.customer.dial("1010")
    await desk.takes(FIRST, customer)
    await gateway.start()
    shown = await desk.live(lambda shown: shown["where"] == "talking with 201")
    assert shown["service"] == ""  # nobody told us
    async with gateway.client() as client:
        await client.escalate(shown["call_id"], "pumps", "cold")
    await desk.takes(PUMPS, customer)
    shown = await desk.live(lambda shown: shown["where"] == "talking with 211")
    assert (shown["service"], shown["client"]) == ("lines", "oilco")


async def test_first_line_overflows_into_a_line(desk: Desk) -> None:
    gateway = desk.world.gateway
    gateway.stop()
    own = 'own_numbers = ["+358942454000"]\n'
    text = gateway.config.read_text()
    gateway.config.write_text(text.replace(own, f'{own}overflow = "specialists"\n'))
    await gateway.start()
    async with gateway.client() as client:
        await client.agent("logout", str(FIRST))

    async def beats() -> bool:
        return await desk.told("CCG_HEARTBEAT") != "0"

    await until(beats, "callers are sent to the gateway")
    customer = await desk.customer.dial("1010")
    await desk.takes(SPECIALIST, customer)
    shown = await desk.live(lambda shown: shown["where"] == "talking with 221")
    assert (shown["path"], shown["tier"]) == (["specialists"], 3)


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
    assert await desk.told("CCG_PHONE_201") == "PJSIP/201"
    assert (await desk.told("CCG_PREFIX_10"), await desk.told("CCG_PREFIX_11")) == ("lines", "")


@pytest.mark.parametrize("refuses", [BUSY, AWAY])  # 486, or 480, as phones have it
async def test_a_phone_that_does_not_want_to_be_disturbed_is_paused(
    desk: Desk, refuses: Manner
) -> None:
    phone = desk.phones[FIRST]
    phone.manner = refuses
    async with await Phone.register(desk.world.asterisk, 202):  # rings, and is never answered
        await desk.world.gateway.login([202])
        await _do_not_disturb(desk, phone, refuses)


async def _do_not_disturb(desk: Desk, phone: Phone, refuses: Manner) -> None:
    customer = await desk.customer.dial("1010")

    async def is_paused() -> bool:
        return await desk.state_of(FIRST) == ("paused", "dnd")

    await until(is_paused, "the agent is paused", seconds=RING_AROUND)
    assert "paused:dnd" in await desk.world.asterisk.rx("queue show first")
    offered = len(phone.calls)
    assert offered == 2
    for _ in range(offered):
        assert (await phone.rings()).status == refuses.refuses

    phone.manner = RINGS
    ready = await phone.dial("*14")
    await ready.over(within=RING_AROUND)  # it is said that he is ready

    async def is_ready() -> bool:
        return await desk.state_of(FIRST) in (("ready", ""), ("ringing", ""))

    await until(is_ready, "the agent is ready, and his own call of the code over")
    rung = await phone.rings(within=RING_AROUND)
    await rung.answer()
    await customer.hears_only(phone)


async def test_who_rejects_by_hand_or_is_not_there_is_not_paused(desk: Desk) -> None:
    customer = await desk.customer.dial("1010")
    call = await desk.phones[FIRST].rings()
    await asyncio.sleep(0.3)  # a person's hand
    await call.refuse(603)
    await desk.takes(FIRST, customer)
    await desk.is_shown(FIRST, "talking")
    async with desk.world.gateway.client() as client:
        await client.escalate("#1001", "pumps", "cold")
    await desk.takes(PUMPS, customer)
    await desk.phones[FIRST].unregister()
    await customer.hang_up()
    second = await desk.outside.phone("+358405551043").dial("1010")
    await second.answered()
    await desk.live(lambda shown: shown["where"] == "hears the message: nobody")
    await desk.is_shown(FIRST, "ready")
