"""Consultations (warm) that are ended by API, in the agent's place: the whole engine."""

from __future__ import annotations

import pytest

from ccgateway.errors import Refused, UnknownCall
from ccgateway.telephony.actions import Action, HangUp, PressKey
from ccgateway.telephony.facts import Fact, Kind
from tests.unit.calls.told import ANNA, BERT, BRIDGE, CALLER, fact, ring
from tests.unit.engine.exchange import ANNAS, Lines, talking


async def consults(world: Lines, *more: Fact, answered: bool = True) -> str:
    """Anna has asked Bert, who takes it; the customer hears music. The call's id."""
    world.link.variables = {"DYNAMIC_FEATURES": "ccg-agent#ccg-consulting"}
    story = [
        fact(4, Kind.ESCALATED, ANNA, mode="warm", to="pumps", tier="2", customer=CALLER),
        fact(4.1, Kind.BRIDGE_LEFT, ANNA, BRIDGE),
        fact(4.1, Kind.BRIDGE_LEFT, CALLER, BRIDGE),
        fact(4.2, Kind.HELD, CALLER),
        fact(4.2, Kind.TIER_ENTERED, ANNA, "pumps", tier="2", mode="warm"),
        *ring(5, BERT, "102"),
    ]
    if answered:
        story += [fact(6, Kind.CHANNEL_ANSWERED, BERT)]
        story += [fact(6.1, Kind.BRIDGE_ENTERED, who, "b-2") for who in (ANNA, BERT)]
    return str(await talking(world, *story, *more))


@pytest.mark.parametrize(
    ("do", "done"),
    [
        ("take", [PressKey(ANNAS, "*"), PressKey(ANNAS, "1")]),
        ("join", [PressKey(ANNAS, "*"), PressKey(ANNAS, "4")]),
        ("complete", [HangUp(ANNAS)]),
    ],
)
async def test_a_consultation_is_ended_for_the_agent(
    world: Lines, do: str, done: list[Action]
) -> None:
    call_id = await consults(world)
    answer = await world.engine.consult(call_id, do, by="cli")
    assert answer == {"call_id": call_id, "agent": "101", "do": do}
    assert world.link.actions == done
    if do == "join":
        [joined] = [f for f in world.store.facts if f.kind is Kind.JOINED]
        assert joined.detail["by"] == "cli"


async def test_before_anybody_answers_there_is_nobody_to_join(world: Lines) -> None:
    call_id = await consults(world, answered=False)
    with pytest.raises(Refused, match="nobody of pumps has answered agent 101 yet: take"):
        await world.engine.consult(call_id, "join")
    assert world.link.actions == []
    assert (await world.engine.consult(call_id, "take"))["do"] == "take"


async def test_where_nobody_consults_it_is_said(world: Lines) -> None:
    call_id = str(await talking(world))
    for do in ("take", "join", "complete"):
        with pytest.raises(Refused, match="nobody consults in this call now"):
            await world.engine.consult(call_id, do)
    with pytest.raises(Refused, match="there are take, join, complete"):
        await world.engine.consult(call_id, "hang")
    with pytest.raises(UnknownCall):
        await world.engine.consult("ffffffff", "take")
    assert world.link.actions == []


async def test_who_consults_passes_nothing_on(world: Lines) -> None:
    call_id = await consults(world)
    with pytest.raises(Refused, match="agent 101 consults pumps in this call already: take"):
        await world.engine.escalate(call_id, "vendor", "cold")
    assert world.link.actions == []
