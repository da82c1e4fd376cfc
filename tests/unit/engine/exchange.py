"""The world with a service of three lines, and a PBX that does what its dialplan does."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from uuid import UUID

from ccgateway.engine.loop import Engine
from ccgateway.rig.waiting import until
from ccgateway.routing.route import Inbound
from ccgateway.routing.tier import OnCall, Target
from ccgateway.routing.week import Hours
from ccgateway.telephony.actions import Action, HangUp, PressKey
from ccgateway.telephony.facts import Fact, Kind
from tests.unit.calls.told import ANNA, CALLER, answer, arrive, end, fact, join, ring
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
        if self.engine and not self.deaf:
            for answer in self.consulted(keys, action):
                self.engine.put(answer)

    @staticmethod
    def consulted(keys: str, action: Action) -> list[Fact]:
        """What is told when a consultation ends."""
        if action == HangUp(ANNAS):
            return end(20, ANNA)
        if keys == "*1":
            return [fact(20, Kind.BRIDGE_ENTERED, ANNA, "b-9")]
        return [fact(20, Kind.JOINED, ANNA)] if keys == "*4" else []


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
