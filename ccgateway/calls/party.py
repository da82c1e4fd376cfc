"""Who called whom: the call's direction, and the party whose talks it is about."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from ccgateway.calls.call import Direction, Leg, Role
from ccgateway.calls.kin import was_called
from ccgateway.telephony.facts import Fact, Kind, Source

OUR_CONTEXTS = "ccg-"  # the beginning of their names

HOUSE_DIGITS = 6
"""Of a phone's number in the house at most. Where trunks and phones share a context, longer ones
are outside."""


_EVER = datetime.min.replace(tzinfo=UTC)


@dataclass(slots=True)
class _Words:
    """What a channel's own events say of the call it began."""

    number: str = ""
    name: str = ""
    exten: str = ""
    context: str = ""  # where it began; of a channel that was called: where its calls begin


@dataclass(frozen=True, slots=True)
class Found:
    """``caller`` is the channel that began the call; ``anchor`` the one whose talks are the
    call's: the caller, or of an outbound call the outside party. ``dialled`` is the number that
    was called; ``number`` and ``name`` are the other party's: the caller's, or the number called;
    ``status`` is the anchor's DIALSTATUS; ``entered_at`` when the caller came to our door: what
    was told before is no business of ours."""

    direction: Direction
    caller: str
    anchor: str
    dialled: str
    number: str
    name: str
    status: str
    entered_at: datetime

    def role(self, leg: Leg) -> Role:
        """What the channel is in the call. An agent who calls out is its agent."""
        if leg.role is Role.LOCAL:
            return Role.LOCAL
        if leg.uniqueid == self.caller and self.direction is not Direction.OUTBOUND:
            return Role.CALLER
        return Role.AGENT if leg.agent else Role.OTHER


@dataclass(slots=True)
class Parties:
    """Takes a call's facts in ``reduce.order``."""

    _words: dict[str, _Words] = field(default_factory=dict)
    _door: str = ""
    _did: str = ""
    _entered_at: datetime = _EVER
    _queued: list[str] = field(default_factory=list)
    _routed: str = ""
    _chosen: bool = False  # an outbound call by click or with a service's prefix
    _asked_for: str = ""  # the number it shall go to
    _called: dict[str, str] = field(default_factory=dict)  # dialled channel -> DIALSTATUS

    def take(self, fact: Fact) -> None:
        """Look at one fact; most are none of ours."""
        match fact.kind:
            case Kind.CHANNEL_CREATED | Kind.CHANNEL_SEEN | Kind.CHANNEL_CALLER_ID:
                self._read(fact)
                if was_called(fact):
                    self._called.setdefault(fact.subject, "")
            case Kind.ENTERED if not self._door:
                self._read(fact)  # CEL tells of him as he is now, AMI before
                self._door, self._did = fact.subject, fact.detail.get("did", "")
                self._entered_at = fact.at
            case Kind.QUEUE_JOINED:
                self._queued.append(fact.subject)
            case Kind.ROUTED:
                self._routed = self._routed or fact.subject
            case Kind.ATTEMPTED | Kind.ORIGINATED | Kind.SERVICE_CHOSEN:
                self._chosen = True
                if fact.source is Source.SELF or not self._asked_for:  # ours is in full: E.164
                    self._asked_for = fact.detail.get("dialled", "") or self._asked_for
            case Kind.DIAL_BEGAN:
                self._called.setdefault(fact.subject, "")
            case Kind.DIAL_ENDED:
                self._called[fact.subject] = fact.detail.get("status", "")
            case _:
                pass

    def _read(self, fact: Fact) -> None:
        if fact.subject == self._door:
            return  # from here on our dialplan sets it: what the next agent shall read
        words = self._words.setdefault(fact.subject, _Words())
        words.number = fact.detail.get("caller_number") or words.number
        words.name = fact.detail.get("caller_name") or words.name
        exten = fact.detail.get("exten", "")
        if fact.kind is Kind.CHANNEL_SEEN and fact.detail.get("context", "").startswith(
            OUR_CONTEXTS
        ):
            exten = ""  # a place in our dialplan, where a snapshot found it: nobody dialled that
        words.context = words.context or fact.detail.get("context", "")
        words.exten = words.exten or (exten if any(map(str.isdigit, exten)) else "")

    def find(self, legs: Sequence[Leg]) -> Found:
        """Who called whom, as now known. ``legs`` in order of their beginning."""
        agents = {leg.uniqueid for leg in legs if leg.agent}
        outside = [leg for leg in legs if self._is_outside(leg)]
        direction, caller = self._direction(legs, agents, outside)
        anchor = caller
        if direction is Direction.OUTBOUND:
            anchor = _called_party(outside)
        words = self._words.get(caller, _Words())
        dialled = (self._did if direction is Direction.INBOUND else self._asked_for) or words.exten
        outward = direction is Direction.OUTBOUND
        return Found(
            direction,
            caller,
            anchor,
            dialled,
            dialled if outward else words.number,
            "" if outward else words.name,
            self._called.get(anchor, ""),
            self._entered_at,
        )

    def _is_outside(self, leg: Leg) -> bool:
        return leg.uniqueid in self._called and not leg.agent and leg.role is not Role.LOCAL

    def _word(self, leg: Leg) -> _Words:
        return self._words.get(leg.uniqueid, _Words())

    def _direction(
        self, legs: Sequence[Leg], agents: set[str], outside: Sequence[Leg]
    ) -> tuple[Direction, str]:
        """A caller at our door decides, whatever else was merged into the call."""
        first = next((leg for leg in legs if leg.uniqueid in self._words), legs[0])
        queued = [channel for channel in self._queued if channel not in agents]
        if self._door:
            return Direction.INBOUND, self._door
        if self._chosen:
            return Direction.OUTBOUND, first.uniqueid
        if self._routed or queued:
            return Direction.INBOUND, self._routed or queued[0]
        if not first.agent:
            return Direction.UNKNOWN, first.uniqueid
        if all(self._is_of_the_house(leg, first) for leg in outside):
            return Direction.INTERNAL, first.uniqueid
        return Direction.OUTBOUND, first.uniqueid

    def _is_of_the_house(self, leg: Leg, first: Leg) -> bool:
        """A phone of the PBX is called by a short number, and its own calls begin where those of
        the agent's phone do; those that come by a trunk begin elsewhere."""
        called, calling = self._word(leg), self._word(first)
        same = called.context == calling.context != ""
        return same and len(calling.exten) <= HOUSE_DIGITS


def _called_party(outside: Sequence[Leg]) -> str:
    """Whom an outbound call is about: the first who answered, else the last who was tried."""
    answered = [leg for leg in outside if leg.answered_at]
    if answered:
        return answered[0].uniqueid
    return outside[-1].uniqueid if outside else ""
