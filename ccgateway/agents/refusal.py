"""Whose phone has its do-not-disturb on: it refuses a queue's offers at once, without ringing."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from datetime import datetime, timedelta

from ccgateway.calls.call import Call, Leg, Offer

DND = "dnd"
"""The pause reason of who has it on; always allowed."""

AT_ONCE = timedelta(seconds=1)
"""A phone refuses by itself within milliseconds; a person hears it ring first."""

REFUSALS = frozenset({17, 19, 21})
"""Q.850 causes that Asterisk makes of SIP 486 and 600 (user busy), 480 (no answer) and 603 (call
rejected). A phone that is not registered has another cause (20), or no channel at all."""

NEWS = timedelta(seconds=10)
"""At a restart a call is told anew from its beginning: what is long over is no news."""

REMEMBERED = 1000
"""Offers that were refused are looked at once: whoever says *14 with the call still waiting shall
not be paused for what was before."""


class Disturbed:
    """Tells who is to be paused: whose phone refused two offers in a row. One alone may be a person
    who was just going off-hook to dial."""

    def __init__(self) -> None:
        self._seen: deque[str] = deque(maxlen=REMEMBERED)
        self._refused_at: dict[str, datetime] = {}  # agent -> of the refusal that waits for another
        self._lived_at: dict[str, datetime] = {}

    def forget(self, agent: str) -> None:
        """The agent themselves said something: what their phone did before is past."""
        self._refused_at.pop(agent, None)

    def take(self, call: Call, now: datetime, idle: frozenset[str]) -> list[str]:
        """The agents to pause, as this call now stands. The refusals of those who are not ``idle``
        mean nothing: they may have the phone at their ear."""
        for agent, at in _signs_of_life(call):
            self._lived_at[agent] = max(at, self._lived_at.get(agent, at))
        found = []
        for offer, at in _refusals(call):
            if offer.uniqueid in self._seen or now - at >= NEWS:
                continue
            self._seen.append(offer.uniqueid)
            if offer.agent in idle and self._is_second(offer.agent, at):
                found.append(offer.agent)
        return found

    def _is_second(self, agent: str, at: datetime) -> bool:
        before = self._refused_at.pop(agent, None)
        if before is not None and self._lived_at.get(agent, before) <= before:
            return True
        self._refused_at[agent] = at
        return False


def _refusals(call: Call) -> Iterator[tuple[Offer, datetime]]:
    """The offers of this call that an agent's phone refused at once, and when."""
    legs = {leg.uniqueid: leg for leg in call.legs}
    for visit in call.visits:
        for offer in visit.offers:
            leg = legs.get(offer.uniqueid)
            if leg is None or leg.ended_at is None or leg.cause not in REFUSALS:
                continue
            rang = leg.ringing_at is not None or leg.answered_at is not None
            if not rang and leg.ended_at - offer.began_at <= AT_ONCE:
                yield offer, leg.ended_at


def _signs_of_life(call: Call) -> Iterator[tuple[str, datetime]]:
    """The agents whose phones rang, answered or dialled in this call, and when."""
    for place, leg in enumerate(call.legs):
        times = [at for at in (leg.ringing_at, leg.answered_at) if at]
        if place == 0 and _is_own(leg, call):
            times.append(leg.started_at)
        if leg.agent and times:
            yield leg.agent, max(times)


def _is_own(first: Leg, call: Call) -> bool:
    """Whether who began the call dialled; a click of theirs makes their phone ring."""
    return first.uniqueid != call.attempt
