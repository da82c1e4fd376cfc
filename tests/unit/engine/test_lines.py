"""Escalations and notes asked by API, and phones with their do-not-disturb on: the whole engine."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest

from ccgateway.agents.agent import Duty
from ccgateway.engine import lines as lines_module
from ccgateway.engine.loop import Engine
from ccgateway.errors import PbxUnavailable, Refused, UnknownCall
from ccgateway.rig.waiting import until
from ccgateway.routing.route import Inbound
from ccgateway.routing.tier import OnCall, Target
from ccgateway.routing.week import Hours
from ccgateway.telephony.actions import Action, PauseMember, PressKey
from ccgateway.telephony.facts import Fact, Kind
from tests.unit.calls.told import (
    ANNA,
    BERT,
    BRIDGE,
    CALLER,
    T0,
    answer,
    arrive,
    end,
    fact,
    join,
    ring,
)
from tests.unit.engine.world import NOW, MemoryLink, StoppedClock, World

PUMPS = Target("pumps", 2, 2, queue="second-pumps")
NIGHT = Hours(frozenset(range(7)), NOW.time(), NOW.time().replace(hour=9))  # Helsinki is 2 h ahead
VENDOR = Target("vendor", 4, 3, on_call=(OnCall("+3581"),))
ABSENT = Target("absent", 5, 3, on_call=(OnCall("+3581", (NIGHT,)),))
ANNAS = "PJSIP/101-00000002"


class TelephoneExchange(MemoryLink):
    """Does what the dialplan does when the keys of an escalation are pressed; or, ``deaf``, not."""

    def __init__(self) -> None:
        super().__init__()
        self.engine: Engine | None = None
        self.deaf = False

    async def act(self, action: Action) -> None:
        await super().act(action)
        keys = "".join(a.key for a in self.actions if isinstance(a, PressKey))
        if len(keys) == 3 and self.engine and not self.deaf:
            mode = "warm" if keys[1] == "3" else "back" if keys[2] == "0" else "cold"
            told = {"mode": mode, "target": keys[2], "to": "pumps", "tier": "2"}
            self.engine.put(fact(4, Kind.ESCALATED, ANNA, customer=CALLER, **told))


class Lines(World):
    """The world with a service of three lines."""

    def __init__(self) -> None:
        super().__init__()
        service = replace(self.setup.services[0], targets=(PUMPS, VENDOR, ABSENT))
        self.setup = replace(self.setup, services=[service])
        self.engine = Engine(self.setup, self.store, self.feed, StoppedClock())
        self.exchange = TelephoneExchange()
        self.exchange.engine = self.engine
        self.link = self.exchange
        self.engine.attach({"pbx1": self.link})


@pytest.fixture
async def world() -> AsyncIterator[Lines]:
    """The world, and its loop runs."""
    lines = Lines()
    loop = asyncio.create_task(lines.engine.run())
    yield lines
    loop.cancel()
    with suppress(asyncio.CancelledError):
        await loop


async def talking(world: Lines, *more: Fact) -> UUID:
    """A routed caller talks with Anna at first line; the call's id."""
    await world.engine.inbound(
        Inbound("pbx1", CALLER, "PJSIP/trunk-00000001", "1000", "0401234567", "Maija", False, NOW)
    )
    story = [*arrive(), join(0.1), *ring(1, ANNA, "101"), *answer(2, ANNA, "101"), *more]
    for told in story:
        world.engine.put(told)
    await until(lambda: not world.engine.backlog, "all is told")
    await asyncio.sleep(0)
    [call_id] = world.store.calls
    return UUID(call_id)


@pytest.mark.parametrize(
    ("to", "mode", "keys"),
    [("pumps", "cold", "*22"), ("vendor", "warm", "*34"), ("next", "warm", "*32")],
)
async def test_the_keys_are_pressed_for_the_agent(
    world: Lines, to: str, mode: str, keys: str
) -> None:
    call_id = await talking(world)
    done = await world.engine.escalate(str(call_id)[:8], to, mode, by="cli")
    assert world.link.actions == [PressKey(ANNAS, key) for key in keys]
    assert done == {"call_id": str(call_id), "agent": "101", "to": "pumps", "mode": mode}
    [escalated] = [f for f in world.store.facts if f.kind is Kind.ESCALATED]
    assert escalated.detail["by"] == "cli"


async def test_what_the_agent_presses_is_not_taken_for_ours(world: Lines) -> None:
    told = fact(4, Kind.ESCALATED, ANNA, mode="cold", target="2", to="pumps", tier="2")
    await talking(world, told)
    await until(lambda: any(f.kind is Kind.ESCALATED for f in world.store.facts), "it is stored")
    [escalated] = [f for f in world.store.facts if f.kind is Kind.ESCALATED]
    assert "by" not in escalated.detail


async def test_a_call_is_named_by_its_case(world: Lines) -> None:
    keeper = asyncio.create_task(world.engine.cases.keep())
    await until(lambda: world.store.next_case > 1001, "numbers are there")
    call_id = await talking(world)
    keeper.cancel()
    done = await world.engine.escalate("#1001", "pumps", "cold")
    assert done["call_id"] == str(call_id)


@pytest.mark.parametrize(
    ("call", "to", "mode", "agent", "says"),
    [
        ("", "plumbers", "cold", "", "there are: pumps, vendor, absent, next, back"),
        ("", "pumps", "lukewarm", "", "there are cold, warm"),
        ("", "back", "cold", "", "no line before"),
        ("", "absent", "cold", "", "nobody is on call for absent now"),
        ("", "pumps", "cold", "102", "agent 102 does not talk in this call; there are: 101"),
        ("#77", "pumps", "cold", "", "no live call '#77'"),
        ("ffffffff-0000", "pumps", "cold", "", "no live call"),
    ],
)
async def test_a_refusal_says_why(
    world: Lines, call: str, to: str, mode: str, agent: str, says: str
) -> None:
    call_id = await talking(world)
    with pytest.raises(Refused, match=says):
        await world.engine.escalate(call or str(call_id), to, mode, agent=agent)
    assert world.link.actions == []


async def test_where_nobody_talks_nothing_is_pressed(world: Lines) -> None:
    for told in [*arrive(), join(0.1)]:
        world.engine.step(told)
    [call_id] = world.store.calls
    with pytest.raises(Refused, match="no agent talks"):
        await world.engine.escalate(call_id, "pumps", "cold")


async def test_of_two_agents_it_must_be_said_which(world: Lines) -> None:
    both = [*ring(3, BERT, "102"), fact(3.1, Kind.BRIDGE_ENTERED, BERT, BRIDGE)]
    call_id = str(await talking(world, *both))
    with pytest.raises(Refused, match="agents 101 and 102 talk in this call: say which"):
        await world.engine.escalate(call_id, "pumps", "cold")
    assert (await world.engine.escalate(call_id, "pumps", "cold", agent="101"))["agent"] == "101"


async def test_an_ended_call_is_not_passed_on(world: Lines) -> None:
    call_id = str(await talking(world, *end(9, CALLER, ANNA)))
    with pytest.raises(Refused, match="the call ended at 08:00:09 UTC"):
        await world.engine.escalate(call_id, "pumps", "cold")


async def test_what_the_dialplan_does_not_carry_out_is_said(
    world: Lines, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lines_module, "CARRIED_OUT_S", 0.05)
    world.exchange.deaf = True
    call_id = str(await talking(world))
    with pytest.raises(Refused, match="the dialplan did not pass the call on"):
        await world.engine.escalate(call_id, "pumps", "cold")


async def test_it_is_not_asked_for_twice_at_once(world: Lines) -> None:
    world.exchange.deaf = True
    call_id = str(await talking(world))
    first = asyncio.create_task(world.engine.escalate(call_id, "pumps", "cold"))
    await until(lambda: len(world.link.actions) == 3, "the keys are pressed")
    with pytest.raises(Refused, match="already"):
        await world.engine.escalate(call_id, "vendor", "cold")
    first.cancel()
    assert len(world.link.actions) == 3


async def test_asterisk_must_be_there(world: Lines) -> None:
    call_id = str(await talking(world))
    world.link.down = True
    with pytest.raises(PbxUnavailable):
        await world.engine.escalate(call_id, "pumps", "cold")


async def test_a_note_is_kept_with_the_call(world: Lines) -> None:
    call_id = await talking(world)
    assert world.engine.note(str(call_id)[:9], "  pump 3 leaks: Öl! ", by="101") == str(call_id)
    await until(lambda: world.store.calls[str(call_id)].notes != (), "the note is in the record")
    [note] = world.store.calls[str(call_id)].notes
    assert (note.by, note.text) == ("101", "pump 3 leaks: Öl!")


async def test_a_note_is_kept_with_a_call_that_has_just_ended(world: Lines) -> None:
    world.link.offset = T0 + timedelta(seconds=20) - NOW
    call_id = str(await talking(world, *end(9, CALLER, ANNA)))
    world.engine.note(call_id, "rings back tomorrow", by="101")
    await until(lambda: world.store.calls[call_id].notes != (), "the note is in the record")


@pytest.mark.parametrize("text", ["", "   ", "a\nb", "x\x1b[2J", "\u202egnp", "x" * 501])
async def test_a_note_is_a_few_plain_words(world: Lines, text: str) -> None:
    call_id = str(await talking(world))
    with pytest.raises(Refused, match="note"):
        world.engine.note(call_id, text, by="101")


async def test_a_note_needs_its_call(world: Lines) -> None:
    with pytest.raises(UnknownCall):
        world.engine.note("00000000", "x", by="101")


class TestDoNotDisturb:
    """An idle agent's phone that refuses at once."""

    async def offered(self, *story: Fact, duty: Duty = Duty.READY) -> Lines:
        """The caller waits, Anna is logged in, and the story is told on the PBX's clock."""
        world = Lines()
        world.link.offset = T0 + timedelta(seconds=3) - NOW
        world.engine.restore([], {"101": (duty, "lunch" if duty is Duty.PAUSED else "", NOW)})
        for told in [*arrive(), join(0.1), *story]:
            world.engine.step(told)
            await asyncio.sleep(0)
        for _ in range(5):
            await asyncio.sleep(0)
        return world

    @staticmethod
    def refused(cause: str, after: float = 0.02, *, rang: bool = False) -> list[Fact]:
        created, called, ringing = ring(1, ANNA, "101")
        ended = end(1 + after, ANNA, cause=cause)
        return [created, called, *([ringing] if rang else []), *ended]

    @pytest.mark.parametrize("cause", ["17", "21"])
    async def test_pauses_the_agent(self, cause: str) -> None:
        world = await self.offered(*self.refused(cause))
        assert world.link.actions == [PauseMember("stations", "PJSIP/101", True, "dnd")]
        agent = world.engine.desk.agent("101")
        assert (agent.state, agent.reason) == ("paused", "dnd")
        [paused] = [f for f in world.store.facts if f.kind is Kind.AGENT_PAUSED]
        assert (paused.detail["by"], paused.detail["reason"]) == ("phone", "dnd")

    @pytest.mark.parametrize(
        "story",
        [
            refused("21", 3.0, rang=True),  # rejected by hand
            refused("17", 0.5, rang=True),
            refused("20"),  # not registered
            refused("17", 1.5),
            refused("16"),
        ],
    )
    async def test_nothing_else_does(self, story: list[Fact]) -> None:
        world = await self.offered(*story)
        assert world.link.actions == []

    @pytest.mark.parametrize("duty", [Duty.OFF, Duty.PAUSED])
    async def test_only_who_is_ready_is_paused(self, duty: Duty) -> None:
        world = await self.offered(*self.refused("17"), duty=duty)
        assert world.link.actions == []

    async def test_ready_ends_it_while_the_call_still_waits(self) -> None:
        world = await self.offered(*self.refused("17"))
        assert await world.engine.agent("ready", "101") == "ready"
        world.engine.step(fact(2, Kind.CHANNEL_CALLER_ID, CALLER, caller_name="x"))
        for _ in range(5):
            await asyncio.sleep(0)
        assert world.engine.desk.agent("101").state == "ready"

    async def test_what_is_long_over_is_no_news_at_a_restart(self) -> None:
        before = await self.offered(*self.refused("17"))
        world = Lines()
        world.link.offset = T0 + timedelta(seconds=60) - NOW
        world.engine.restore(before.store.facts, {"101": (Duty.READY, "", NOW)})
        await asyncio.sleep(0)
        assert world.link.actions == []

    async def test_it_may_also_be_asked_for(self) -> None:
        world = await self.offered()
        await world.engine.agent("pause", "101", reason="dnd", by="phone")
        assert world.engine.desk.agent("101").reason == "dnd"
