"""The reception's decisions are told in the time of the caller's node."""

from __future__ import annotations

from datetime import timedelta

import pytest

from ccgateway.engine.ports import Arrival
from ccgateway.engine.reception import Reception
from ccgateway.routing.route import Inbound
from ccgateway.telephony.facts import Fact, Kind
from tests.unit.engine.world import NOW, StoppedClock, World


class Box:
    """engine.ports.Inbox."""

    def __init__(self) -> None:
        self.arrivals: list[Arrival] = []

    def put(self, arrival: Arrival) -> None:
        self.arrivals.append(arrival)


@pytest.mark.parametrize(("node", "ahead"), [("pbx1", 60), ("pbx1", -60), ("unlinked", 0)])
async def test_a_decision_is_written_down_in_the_time_of_its_node(node: str, ahead: int) -> None:
    world, box = World(), Box()
    world.link.offset = timedelta(seconds=ahead)
    reception = Reception(world.setup, world.store, box, StoppedClock(), frozenset)
    reception.attach({"pbx1": world.link})
    call = Inbound(node, "1.1", "PJSIP/trunk-1", "1000", "0401234567", "", False, NOW)
    await reception.inbound(call)
    [fact] = box.arrivals
    assert isinstance(fact, Fact)
    assert (fact.kind, fact.at) == (Kind.ROUTED, NOW + timedelta(seconds=ahead))
