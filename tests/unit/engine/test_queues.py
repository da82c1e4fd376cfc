"""What watchers are told of the queues: who waits, who is there, today's figures."""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from ccgateway.calls.call import Call, VisitEnd
from ccgateway.calls.reduce import fold
from ccgateway.engine.journal_ports import Repaired
from ccgateway.engine.ports import Beat
from ccgateway.engine.queues import Queues
from ccgateway.figures.stay import Stay
from ccgateway.rig.waiting import until
from ccgateway.routing.tier import Target
from ccgateway.telephony.facts import Fact, Kind
from tests.unit.calls.lines import escalate, talking
from tests.unit.calls.told import ANNA, CALLER, answer, answered_call, arrive, at, end, fact, ring
from tests.unit.calls.told import join as joins
from tests.unit.engine.world import MemoryFeed, World


class MovingClock:
    """It is as late as the test says."""

    def __init__(self) -> None:
        self.time = at(0)

    def now(self) -> datetime:
        return self.time


class Centre(World):
    """An engine whose clock goes."""

    def __init__(self) -> None:
        super().__init__()
        self.clock = MovingClock()
        self.engine.queues = Queues(
            self.setup, self.feed, self.clock, lambda: self.engine.desk.agents
        )

    def hear(self, *facts: Fact) -> None:
        for one in facts:
            self.engine.step(one)

    def repaired(self, call: Call, others: Collection[UUID] = ()) -> None:
        self.engine.repaired(Repaired(frozenset(), call, frozenset(others)))
        self.engine.step(Beat("pbx1", self.clock.now()))

    def told(self, queue: str = "stations") -> list[dict[str, Any]]:
        """All that was told of a queue."""
        views = [change["queue"] for change in self.feed.of("queue")]
        return [view for view in views if isinstance(view, dict) and view["name"] == queue]

    def shown(self, queue: str = "stations") -> dict[str, Any]:
        """What somebody sees of it who begins to watch now."""
        (view,) = (view for view in self.engine.queues.views() if view["name"] == queue)
        return view


@pytest.fixture
def centre() -> Centre:
    return Centre()


def test_a_call_counts_in_todays_figures(centre: Centre) -> None:
    centre.hear(*answered_call())
    today = centre.shown()["today"]
    assert today == centre.told()[-1]["today"]
    assert (today["day"], today["timezone"]) == (f"{at(0):%Y-%m-%d}", "Europe/Helsinki")
    assert (today["offered"], today["answered"], today["answered_in_time"]) == (1, 1, 1)
    assert today["service_level"] == 1.0


def test_a_call_that_was_missed_counts_once_it_is_repaired(centre: Centre) -> None:
    """The journals told of it; and that what was two calls is one."""
    whole = fold(uuid4(), "pbx1", answered_call())
    centre.repaired(whole)
    assert centre.told()[-1]["today"]["answered"] == 1

    again = replace(whole, call_id=uuid4())
    centre.repaired(again, {whole.call_id, again.call_id})
    assert centre.shown()["today"]["answered"] == 1

    unanswered = replace(whole.visits[0], end=VisitEnd.ABANDONED, answered_at=None)
    centre.repaired(replace(again, visits=(unanswered,)))
    assert centre.told()[-1]["today"] == centre.shown()["today"]
    today = centre.shown()["today"]
    assert (today["offered"], today["answered"], today["abandoned"]) == (1, 0, 1)


def test_a_repaired_call_of_yesterday_changes_nothing_today(centre: Centre) -> None:
    centre.clock.time = at(0) + timedelta(days=1)
    before = centre.shown()
    centre.repaired(fold(uuid4(), "pbx1", answered_call()))
    assert centre.shown() == before


def test_who_hangs_up_while_waiting_has_abandoned(centre: Centre) -> None:
    centre.hear(*arrive(), joins(1))
    assert centre.told()[-1]["today"]["offered"] == 0
    centre.hear(
        fact(31, Kind.QUEUE_ABANDONED, CALLER, "stations"),
        fact(31, Kind.QUEUE_LEFT, CALLER, "stations"),
        *end(31.01, CALLER),
    )
    today = centre.told()[-1]["today"]
    assert (today["offered"], today["abandoned"], today["left"]) == (1, 1, 0)
    assert (today["longest_wait_s"], today["service_level"]) == (30.0, 0.0)


def test_an_agent_who_consults_does_not_wait(centre: Centre) -> None:
    """Anna asks the second line while her caller hears music: the caller has been answered."""
    centre.hear(*talking(), *escalate(10, "warm"), fact(10.1, Kind.QUEUE_JOINED, ANNA, "stations"))
    assert (centre.shown()["waiting"], centre.shown()["longest_since"]) == (0, None)
    assert [queue.waiting for queue in centre.engine.queues.now()] == [0, 0]
    (call,) = centre.store.calls.values()
    assert call.visits[-1].end is VisitEnd.WAITING


def test_a_queue_is_told_once_where_nothing_of_it_changes(centre: Centre) -> None:
    centre.hear(*arrive(), joins(1))
    before = len(centre.told())
    centre.hear(fact(2, Kind.HELD, CALLER), fact(3, Kind.NOTED, CALLER))
    assert len(centre.told()) == before


async def test_the_agents_of_a_queue_are_told_with_it(centre: Centre) -> None:
    """Also where they ask for something, which is beside the loop."""
    loop = asyncio.create_task(centre.engine.run())
    await centre.engine.agent("login", "101")
    await until(centre.told, "the queue is told")
    assert (centre.told()[-1]["logged_in"], centre.told()[-1]["ready"]) == (1, 1)
    loop.cancel()
    with suppress(asyncio.CancelledError):
        await loop


def test_what_is_told_last_is_what_is_shown(centre: Centre) -> None:
    for one in [*arrive(), joins(1), *ring(2, ANNA, "101"), *answer(3, ANNA, "101")]:
        centre.hear(one)
        assert not centre.told() or centre.told()[-1] == centre.shown()


def test_the_day_turns_without_a_call(centre: Centre) -> None:
    """At midnight in Helsinki, while nobody calls."""
    centre.hear(*answered_call())
    told = len(centre.told())
    centre.clock.time = at(0).replace(hour=21, minute=59)
    centre.engine.step(Beat("pbx1", at(60)))
    assert len(centre.told()) == told
    centre.clock.time = at(0).replace(hour=22)
    for _ in range(2):
        centre.engine.step(Beat("pbx1", at(61)))
    (turned,) = centre.told()[told:]
    assert (turned["today"]["offered"], turned["today"]["service_level"]) == (0, None)


@pytest.mark.parametrize("first", ["somebody begins to watch", "a call of yesterday goes on"])
def test_who_watches_is_told_of_the_new_day_whoever_sees_it_first(
    centre: Centre, first: str
) -> None:
    centre.hear(*answered_call())
    told = len(centre.told())
    centre.clock.time = at(0).replace(hour=22)
    if first == "somebody begins to watch":
        assert centre.shown()["today"]["offered"] == 0
        centre.engine.step(Beat("pbx1", at(61)))
    else:
        centre.hear(fact(61, Kind.HELD, CALLER))
    assert [view["today"]["offered"] for view in centre.told()[told:]] == [0]


def test_today_is_taken_up_after_a_restart(centre: Centre) -> None:
    """A call that was live is counted once, whichever is heard first."""
    centre.hear(*answered_call())
    (call_id,) = centre.store.calls
    stored = Stay("stations", at(-600), 40.0, VisitEnd.ABANDONED)
    again = Centre()
    half = Stay("stations", at(1), 1.0, VisitEnd.LEFT)
    long_ago = replace(stored, joined_at=at(0) - timedelta(days=1))
    again.engine.queues.restore({"other": [stored], call_id: [half], "old": [long_ago]})
    again.engine.restore(centre.store.facts, {})
    again.hear(fact(20, Kind.HELD, CALLER))
    today = again.shown()["today"]
    assert (today["offered"], today["answered"], today["abandoned"]) == (2, 1, 1)
    assert today["longest_wait_s"] == 40.0


def test_a_call_of_before_a_restart_is_told_again_when_it_changes(centre: Centre) -> None:
    """Not before: what watchers see first has it, made once and not for each of them."""
    centre.hear(*arrive(), joins(1))
    again = Centre()
    again.engine.restore(centre.store.facts, {})
    again.hear(fact(2, Kind.AGENT_RANG_OUT, CALLER))
    assert again.feed.of("call") == []
    assert again.engine.view()["calls"] == [centre.feed.of("call")[-1]["call"]]
    again.hear(*end(3, CALLER))
    assert len(again.feed.of("call")) == 1


def test_a_call_that_has_another_id_after_a_restart_is_counted_once(centre: Centre) -> None:
    """We were killed before it was stored under that id."""
    facts = [*arrive(), joins(1), fact(9, Kind.QUEUE_LEFT, CALLER, "stations")]
    centre.hear(*facts)
    (former,) = centre.store.calls
    earlier = fact(10, Kind.HELD, CALLER, linkedid="1795334300.1")
    again = Centre()
    again.engine.queues.restore({former: [Stay("stations", at(1), 8.0, VisitEnd.LEFT)]})
    again.engine.restore([*facts, earlier], {})
    assert list(again.store.absorbed) == [former]
    assert again.shown()["today"]["offered"] == 1


def test_whose_callers_come_to_a_queue() -> None:
    """The queues of higher lines too; the static fallback queue takes everybody's."""
    world = World()
    hotline = world.setup.services[0]
    lines = replace(
        hotline, id="lines", client="shop", queue="first", targets=(Target("p", 2, 2, "pumps"),)
    )
    ours = replace(world.setup.ours["pbx1"], queues={"stations", "first", "pumps", "ccg-fallback"})
    setup = replace(
        world.setup,
        services=[hotline, lines],
        managed=frozenset({"stations", "first", "pumps"}),
        ours={"pbx1": ours},
    )
    queues = Queues(setup, MemoryFeed(), MovingClock(), list)
    assert {v["name"]: (v["services"], v["clients"], v["managed"]) for v in queues.views()} == {
        "ccg-fallback": (["hotline", "lines"], ["oilco", "shop"], False),
        "first": (["lines"], ["shop"], True),
        "pumps": (["lines"], ["shop"], True),
        "stations": (["hotline"], ["oilco"], True),
    }


def test_calls_and_agents_say_where_they_belong(centre: Centre) -> None:
    centre.hear(*answered_call())
    call = centre.feed.of("call")[-1]["call"]
    assert isinstance(call, dict)
    assert call["queues"] == ["stations"]
    agent = centre.feed.of("agent")[-1]["agent"]
    assert isinstance(agent, dict)
    assert (agent["queues"], agent["services"], agent["clients"]) == (
        ["stations"],
        ["hotline"],
        ["oilco"],
    )
