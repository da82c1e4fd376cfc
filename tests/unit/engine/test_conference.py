"""A conference that an agent's phone mixes by itself: the whole engine."""

from __future__ import annotations

from ccgateway.engine.ports import Beat, LinkChange
from ccgateway.telephony.facts import Fact, Kind
from ccgateway.telephony.ids import call_id_of
from tests.unit.calls.lines import ANNAS_OWN
from tests.unit.calls.test_mixing import caller_leaves, carl_leaves, conference
from tests.unit.calls.told import ANNA, CALLER, NODE, at, fact
from tests.unit.engine.world import World

THIS = str(call_id_of(NODE, CALLER))
CONSULTATION = str(call_id_of(NODE, ANNAS_OWN))


def live(world: World) -> list[str]:
    return [str(call.call_id) for call in world.engine.board.live_calls()]


def tell(world: World, *facts: Fact) -> None:
    for told in facts:
        world.engine.step(told)


def mixed(world: World) -> list[Fact]:
    return [told for told in world.store.facts if told.kind is Kind.MIXED]


def test_it_shows_while_it_lasts_and_both_calls_are_one() -> None:
    world = World()
    tell(world, *conference(15))
    assert live(world) == [THIS, CONSULTATION]
    world.engine.step(Beat(NODE, at(21)))
    assert live(world) == [THIS]
    assert world.store.absorbed == {CONSULTATION: THIS}
    assert world.feed.of("call_absorbed") == [
        {"type": "call_absorbed", "call_id": CONSULTATION, "into": THIS}
    ]
    assert [agent.state for agent in world.engine.desk.agents] == ["talking", "off"]
    tell(world, *carl_leaves(30))
    assert [agent.state for agent in world.engine.desk.agents] == ["talking", "off"]
    tell(world, *caller_leaves(33))
    assert live(world) == []
    assert [talk.agent for talk in world.store.calls[THIS].talks] == ["101", ""]
    assert len(mixed(world)) == 1


def test_it_outlives_a_restart() -> None:
    world = World()
    tell(world, *conference(15))
    world.engine.step(Beat(NODE, at(21)))
    after = World()
    after.engine.restore(world.store.facts, {})
    assert live(after) == [THIS]
    after.engine.step(Beat(NODE, at(60)))
    assert mixed(after) == []
    tell(after, *carl_leaves(90), *caller_leaves(93))
    assert live(after) == []


def test_a_hold_that_a_gap_hid_makes_no_conference() -> None:
    world = World()
    tell(world, *conference(15))
    world.engine.step(LinkChange(NODE, up=False, at=at(18)))
    world.engine.step(LinkChange(NODE, up=True, at=at(30)))
    world.engine.step(Beat(NODE, at(60)))
    tell(world, fact(63, Kind.HOLD_BEGAN, ANNA), *carl_leaves(90), *caller_leaves(93))
    assert mixed(world) == []
