"""Escalations and notes asked by API, and phones with their do-not-disturb on: the whole engine."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from ccgateway.agents.agent import Duty
from ccgateway.calls.call import Call
from ccgateway.calls.reduce import Story
from ccgateway.engine import hands
from ccgateway.errors import PbxUnavailable, Refused, UnknownCall
from ccgateway.rig.waiting import until
from ccgateway.telephony.actions import PauseMember, PressKey
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
from tests.unit.engine.exchange import ANNAS, Lines, talking
from tests.unit.engine.world import NOW

FIRST, AGAIN, OWN = "1795334400.4", "1795334402.5", "1795334401.9"  # more channels of Anna's


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
        ("#None", "pumps", "cold", "", "no live call '#None'"),
        ("#", "pumps", "cold", "", "no live call '#'"),
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


async def test_of_hundreds_of_calls_only_the_one_is_folded(
    world: Lines, monkeypatch: pytest.MonkeyPatch
) -> None:
    call_id = await talking(world)
    for number in range(300):
        world.engine.put(fact(5, Kind.FELL_BACK, f"17953345{number:02}.9", reason="agi"))
    await until(lambda: not world.engine.backlog, "all is told")
    folded: list[Story] = []
    fold = Story.call

    def counted(story: Story) -> Call:
        folded.append(story)
        return fold(story)

    monkeypatch.setattr(Story, "call", counted)
    assert world.engine.call(str(call_id))["call_id"] == str(call_id)
    assert len(folded) == 1
    with pytest.raises(Refused, match="live calls are named") as refused:
        world.engine.call("0123456789abcdef"[int(str(call_id)[0], 16)])
    assert str(refused.value).count(", ") <= 6
    assert len(folded) == 1


async def test_a_call_is_found_by_an_id_that_it_had(world: Lines) -> None:
    """CCG_CALL on a phone is the id of when it was set."""
    call_id = await talking(world)
    before = "1795334390.1"  # a channel that was there before the caller's, as an event tells late
    world.engine.put(fact(5, Kind.BRIDGE_LEFT, CALLER, "b-9", linkedid=before))
    await until(lambda: str(call_id) in world.store.absorbed, "it has another id")
    now = world.engine.call(str(call_id)[:8])["call_id"]
    assert now == world.store.absorbed[str(call_id)]


async def test_a_phone_without_our_keys_is_not_played_with(world: Lines) -> None:
    """Asterisk would play them to the customer."""
    call_id = str(await talking(world))
    world.link.variables = {"DYNAMIC_FEATURES": "parking#ccg-outsider"}
    with pytest.raises(Refused, match="agent 101 has no keys for it in this talk"):
        await world.engine.escalate(call_id, "pumps", "cold")
    assert world.link.actions == []


async def test_of_a_call_that_began_without_us_the_dialplan_names_the_service(
    world: Lines,
) -> None:
    told = fact(0.05, Kind.FELL_BACK, CALLER, reason="heartbeat", service="hotline")
    for one in [*arrive(), told, join(0.1), *ring(1, ANNA, "101"), *answer(2, ANNA, "101")]:
        world.engine.put(one)
    await until(lambda: not world.engine.backlog, "all is told")
    await asyncio.sleep(0)
    [call] = world.store.calls.values()
    assert (call.service, call.client) == ("hotline", "oilco")
    assert (await world.engine.escalate(str(call.call_id), "pumps", "cold"))["to"] == "pumps"


async def test_else_the_agents_channel_has_it(world: Lines) -> None:
    world.link.variables["CCG_SERVICE"] = "hotline"
    created, *more = arrive()
    elsewhere = replace(created, detail={**created.detail, "exten": "s"})
    unnamed = [m for m in more if m.kind is not Kind.ENTERED]
    for one in [elsewhere, *unnamed, join(0.1), *ring(1, ANNA, "101"), *answer(2, ANNA, "101")]:
        world.engine.put(one)
    await until(lambda: not world.engine.backlog, "all is told")
    await asyncio.sleep(0)
    [call_id] = world.store.calls
    assert (await world.engine.escalate(call_id, "pumps", "cold"))["to"] == "pumps"
    world.link.variables["CCG_SERVICE"] = "another"
    with pytest.raises(Refused, match="of no service"):
        await world.engine.escalate(call_id, "pumps", "cold")


async def test_where_nobody_names_it_the_did_does(world: Lines) -> None:
    for one in [*arrive(), join(0.1), *ring(1, ANNA, "101"), *answer(2, ANNA, "101")]:
        world.engine.put(one)
    await until(lambda: not world.engine.backlog, "all is told")
    await asyncio.sleep(0)
    [call_id] = world.store.calls
    assert (await world.engine.escalate(call_id, "pumps", "cold"))["to"] == "pumps"


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
    monkeypatch.setattr(hands, "CARRIED_OUT_S", 0.05)
    world.exchange.deaf = True
    call_id = str(await talking(world))
    with pytest.raises(Refused, match="the dialplan did not carry it out"):
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
    shown = [{"at": note.at.isoformat(), "by": "101", "text": "pump 3 leaks: Öl!"}]
    assert world.engine.call(str(call_id))["notes"] == shown


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


async def test_a_note_is_signed_by_somebody_there_is(world: Lines) -> None:
    call_id = str(await talking(world))
    with pytest.raises(Refused, match="no agent '999'"):
        world.engine.note(call_id, "pump 3 leaks", by="999")


async def test_a_note_needs_its_call(world: Lines) -> None:
    with pytest.raises(UnknownCall):
        world.engine.note("00000000", "x", by="101")


class TestDoNotDisturb:
    """An idle agent's phone that refuses at once, twice in a row."""

    async def offered(self, *story: Fact, duty: Duty = Duty.READY) -> Lines:
        """The caller waits, Anna is logged in, and the story is told on the PBX's clock."""
        world = Lines()
        world.link.offset = T0 + timedelta(seconds=3) - NOW
        world.engine.restore([], {"101": (duty, "lunch" if duty is Duty.PAUSED else "", NOW)})
        await self.tell(world, *arrive(), join(0.1), *story)
        return world

    @staticmethod
    async def tell(world: Lines, *story: Fact) -> None:
        for told in story:
            world.engine.step(told)
            await asyncio.sleep(0)
        for _ in range(5):
            await asyncio.sleep(0)

    @staticmethod
    def refused(
        cause: str, after: float = 0.02, *, rang: bool = False, at: float = 1, leg: str = ANNA
    ) -> list[Fact]:
        created, called, ringing = ring(at, leg, "101")
        ended = end(at + after, leg, cause=cause)
        return [created, called, *([ringing] if rang else []), *ended]

    @staticmethod
    def dialled() -> list[Fact]:
        """Anna calls somebody herself, and hangs up."""
        name = "PJSIP/101-00000009"
        born = fact(
            1.5, Kind.CHANNEL_CREATED, OWN, channel=name, linkedid=OWN, context="from-phones"
        )
        return [born, *end(1.8, OWN)]

    @pytest.mark.parametrize("cause", ["17", "19", "21"])
    async def test_pauses_the_agent(self, cause: str) -> None:
        world = await self.offered(*self.refused(cause))
        assert world.link.actions == []  # they may just have gone off-hook, to dial
        await self.tell(world, *self.refused(cause, at=2, leg=AGAIN))
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
            [*ring(1.5, BERT, "101"), *end(1.9, BERT, cause="26")],
            dialled(),
        ],
    )
    async def test_nothing_else_does(self, story: list[Fact]) -> None:
        """What is no refusal does not count; a phone that rang, or dialled, is there."""
        before = self.refused("17", at=0.5, leg=FIRST)
        world = await self.offered(*before, *story)
        lived = any(f.kind is Kind.CHANNEL_RINGING or f.subject == OWN for f in story)
        if lived:
            await self.tell(world, *self.refused("17", at=2, leg=AGAIN))
        assert world.link.actions == []

    @pytest.mark.parametrize("duty", [Duty.OFF, Duty.PAUSED])
    async def test_only_who_is_ready_is_paused(self, duty: Duty) -> None:
        world = await self.offered(*TWICE, duty=duty)
        assert world.link.actions == []

    async def test_ready_ends_it_while_the_call_still_waits(self) -> None:
        world = await self.offered(*TWICE)
        assert await world.engine.agent("ready", "101") == "ready"
        more = fact(2.5, Kind.CHANNEL_CALLER_ID, CALLER, caller_name="x")
        await self.tell(world, more, *self.refused("17", at=2.6, leg=FIRST))
        assert world.engine.desk.agent("101").state == "ready"

    async def test_what_is_long_over_is_no_news_at_a_restart(self) -> None:
        before = await self.offered(*TWICE)
        world = Lines()
        world.link.offset = T0 + timedelta(seconds=60) - NOW
        world.engine.restore(before.store.facts, {"101": (Duty.READY, "", NOW)})
        await asyncio.sleep(0)
        assert world.link.actions == []

    async def test_it_may_also_be_asked_for(self) -> None:
        world = await self.offered()
        await world.engine.agent("pause", "101", reason="dnd", by="phone")
        assert world.engine.desk.agent("101").reason == "dnd"


TWICE = [
    *TestDoNotDisturb.refused("17"),
    *TestDoNotDisturb.refused("17", at=2, leg=AGAIN),
]
