"""The reception's decisions: told in the time of the caller's node, and with a number."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from ccgateway.customers.customer import Customer
from ccgateway.engine.cases import Cases
from ccgateway.engine.ports import Arrival
from ccgateway.engine.reception import Reception
from ccgateway.routing.route import Goal, Inbound
from ccgateway.telephony.facts import Fact, Kind
from tests.unit.engine.world import NOW, StoppedClock, World


class Box:
    """engine.ports.Inbox."""

    def __init__(self) -> None:
        self.arrivals: list[Arrival] = []

    def put(self, arrival: Arrival) -> None:
        self.arrivals.append(arrival)


class TwoLeft(Cases):
    """Two numbers, and then none."""

    def __init__(self, world: World) -> None:
        super().__init__(world.store)
        self._two = iter((1041, 1042))

    def take(self) -> int | None:
        return next(self._two, None)


def a_call(
    *, node: str = "pbx1", did: str = "1000", name: str = "", withheld: bool = False
) -> Inbound:
    return Inbound(node, "1.1", "PJSIP/trunk-1", did, "0401234567", name, withheld, NOW)


def reception_of(world: World, box: Box) -> Reception:
    reception = Reception(
        world.setup, world.store, box, StoppedClock(), frozenset, cases=TwoLeft(world)
    )
    reception.attach({"pbx1": world.link})
    return reception


async def test_who_asks_for_an_agent_has_a_number_as_long_as_there_are_any() -> None:
    box = Box()
    reception = reception_of(World(), box)
    routes = [
        await reception.inbound(a_call(did=did, name="Maija"))
        for did in ("1000", "9", "1000", "1000")
    ]
    assert [(route.case, route.display) for route in routes] == [
        (1041, "#1041 Maija"),
        (None, "Maija"),  # a number that is no service's goes to the fallback queue
        (1042, "#1042 Maija"),
        (None, "Maija"),
    ]
    told = [arrival.detail.get("case") for arrival in box.arrivals if isinstance(arrival, Fact)]
    assert told == ["1041", None, "1042", None]


async def test_a_blocked_caller_uses_no_number_up() -> None:
    world = World()
    world.setup = replace(world.setup, blocked={"oilco": frozenset({"+35840*"})})
    box = Box()
    refused = await reception_of(world, box).inbound(a_call())
    assert (refused.goal, refused.message_kind, refused.case) == (Goal.MESSAGE, "blocked", None)


@pytest.mark.parametrize(
    ("call", "known", "shown"),
    [
        (a_call(name="Maija"), "Station 17", "#1041 Station 17"),
        (a_call(name="Maija", withheld=True), "", "#1041"),
        (a_call(name="${SHELL(x)}\r\nX: y|z"), "", "#1041 SHELL x X y z"),
        (a_call(), 'St. "17", &c; <x>', "#1041 St. 17 c x"),
    ],
)
async def test_what_the_next_agents_phone_shows(call: Inbound, known: str, shown: str) -> None:
    world = World()
    if known:
        customer = Customer(7, "oilco", "+358401234567", known)
        world.store.customers[customer.number] = customer
    assert (await reception_of(world, Box()).inbound(call)).display == shown


async def test_a_call_has_its_number_while_postgres_is_away() -> None:
    world = World()
    world.store.away = True
    assert (await reception_of(world, Box()).inbound(a_call())).case == 1041


@pytest.mark.parametrize(("node", "ahead"), [("pbx1", 60), ("pbx1", -60), ("unlinked", 0)])
async def test_a_decision_is_written_down_in_the_time_of_its_node(node: str, ahead: int) -> None:
    world, box = World(), Box()
    world.link.offset = timedelta(seconds=ahead)
    reception = Reception(
        world.setup, world.store, box, StoppedClock(), frozenset, cases=Cases(world.store)
    )
    reception.attach({"pbx1": world.link})
    await reception.inbound(a_call(node=node))
    [fact] = box.arrivals
    assert isinstance(fact, Fact)
    assert (fact.kind, fact.at) == (Kind.ROUTED, NOW + timedelta(seconds=ahead))
