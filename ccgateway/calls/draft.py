"""The draft of a call: facts in the order of their times are written into it one by one."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import ClassVar
from uuid import UUID

from ccgateway.calls.call import (
    Call,
    Decision,
    Direction,
    Disposition,
    Hold,
    Known,
    Leg,
    Role,
    Talk,
    Visit,
    VisitEnd,
)
from ccgateway.calls.talk import Moves
from ccgateway.calls.visits import Visits
from ccgateway.telephony.facts import Fact, Kind, Source
from ccgateway.telephony.ids import is_local

_BY_MESSAGE = {
    "closed": Disposition.CLOSED,
    "blocked": Disposition.BLOCKED,
    "full": Disposition.FULL,
    "nobody": Disposition.NOBODY,
}
_BY_VISIT = {
    VisitEnd.ABANDONED: Disposition.ABANDONED,
    VisitEnd.TIMED_OUT: Disposition.TIMED_OUT,
    VisitEnd.FULL: Disposition.FULL,
    VisitEnd.EMPTY: Disposition.NOBODY,
}


class Draft:
    """Mutable, and private to the reducer; ``finish`` makes the frozen call."""

    def __init__(self, call_id: UUID, node: str) -> None:
        self._base = Call(call_id=call_id, node=node, started_at=datetime.max.replace(tzinfo=UTC))
        self._facts = 0
        self._legs: dict[str, Leg] = {}
        self._begun: set[str] = set()
        self._agents: dict[str, str] = {}
        self._caller = ""
        self._routed_number = ""
        self._partial = False
        self._visits = Visits()
        self._moves = Moves()
        self._holds: list[Hold] = []
        self._messages: list[str] = []
        self._decisions: list[Decision] = []

    def take(self, fact: Fact) -> None:
        """Write one fact. They must come in ``reduce.order``."""
        self._facts += 1
        self._partial |= fact.source is Source.SNAPSHOT
        self._leg(fact)
        self._visits.take(fact)
        self._moves.take(fact)
        write = self._WRITERS.get(fact.kind)
        if write is not None:
            write(self, fact)

    # -- legs

    def _leg(self, fact: Fact) -> None:
        """Every fact with a channel of its own shows that there is such a leg."""
        leg = self._legs.get(fact.subject)
        name = fact.detail.get("channel", "")
        if leg is None:
            self._legs[fact.subject] = Leg(fact.subject, name, Role.OTHER, fact.at)
        elif name and not leg.channel:
            self._legs[fact.subject] = replace(leg, channel=name)
        agent = fact.detail.get("agent", "")
        theirs = fact.subject
        if fact.kind in {Kind.AGENT_CONNECTED, Kind.AGENT_COMPLETED}:  # its subject is the caller
            theirs = fact.detail.get("agent_uniqueid", "")
        if agent and theirs:
            self._agents.setdefault(theirs, agent)

    def _amend(self, uniqueid: str, **changes: object) -> None:
        leg = self._legs[uniqueid]
        fresh = {key: value for key, value in changes.items() if getattr(leg, key) is None}
        self._legs[uniqueid] = replace(leg, **fresh)  # type: ignore[arg-type]  # keys are Leg's

    def _created(self, fact: Fact) -> None:
        self._begun.add(fact.subject)
        self._remember_caller(fact)

    def _remember_caller(self, fact: Fact) -> None:
        """The first channel of a call is the caller's, until a door or a queue says better."""
        if not self._caller:
            self._caller = fact.subject
        if fact.subject == self._caller:
            self._base = replace(
                self._base,
                caller_number=fact.detail.get("caller_number") or self._base.caller_number,
                caller_name=fact.detail.get("caller_name") or self._base.caller_name,
                did=self._base.did or fact.detail.get("exten", ""),
            )

    def _ringing(self, fact: Fact) -> None:
        self._amend(fact.subject, ringing_at=fact.at)

    def _answered(self, fact: Fact) -> None:
        self._amend(fact.subject, answered_at=fact.at)

    def _ended(self, fact: Fact) -> None:
        cause = fact.detail.get("cause", "")
        self._amend(fact.subject, ended_at=fact.at, cause=int(cause) if cause.isdigit() else None)
        self._end_hold(fact)

    # -- holds

    def _begin_hold(self, fact: Fact) -> None:
        if self._open_hold(fact.subject) is None:
            self._holds.append(Hold(fact.subject, Role.OTHER, fact.at))

    def _end_hold(self, fact: Fact) -> None:
        place = self._open_hold(fact.subject)
        if place is not None:
            self._holds[place] = replace(self._holds[place], ended_at=fact.at)

    def _open_hold(self, uniqueid: str) -> int | None:
        for place, hold in enumerate(self._holds):
            if hold.uniqueid == uniqueid and hold.ended_at is None:
                return place
        return None

    # -- what our dialplan and we ourselves said

    def _at_the_door(self, fact: Fact) -> None:
        self._caller = fact.subject
        self._base = replace(
            self._base,
            direction=Direction.INBOUND,
            did=fact.detail.get("did") or self._base.did,
            withheld=self._base.withheld or "prohib" in fact.detail.get("presentation", ""),
            caller_number=fact.detail.get("caller_number") or self._base.caller_number,
            caller_name=fact.detail.get("caller_name") or self._base.caller_name,
        )

    def _in_queue(self, fact: Fact) -> None:
        if self._base.direction is Direction.UNKNOWN:
            self._at_the_door(fact)

    def _fell_back(self, fact: Fact) -> None:
        self._base = replace(self._base, fell_back=fact.detail.get("reason", "unknown"))
        self._decide(fact, "fallback")

    def _played(self, fact: Fact) -> None:
        self._messages.append(fact.detail.get("message", ""))
        self._decide(fact, "message")

    def _routed(self, fact: Fact) -> None:
        said = fact.detail
        customer = said.get("customer", "")
        self._routed_number = said.get("caller_number", "")
        self._base = replace(
            self._base,
            direction=Direction.INBOUND,
            service=said.get("service", ""),
            client=said.get("client", ""),
            withheld=self._base.withheld or said.get("withheld") == "yes",
            customer=int(customer) if customer.isdigit() else None,
        )
        self._decide(fact, "route")

    def _decide(self, fact: Fact, what: str) -> None:
        detail = {k: v for k, v in fact.detail.items() if k not in {"reasons", "caller_number"}}
        self._decisions.append(Decision(fact.at, what, detail, _reasons(fact)))

    _WRITERS: ClassVar[dict[Kind, Callable[[Draft, Fact], None]]] = {
        Kind.CHANNEL_CREATED: _created,
        Kind.CHANNEL_SEEN: _created,
        Kind.CHANNEL_CALLER_ID: _remember_caller,
        Kind.CHANNEL_RINGING: _ringing,
        Kind.CHANNEL_ANSWERED: _answered,
        Kind.CHANNEL_ENDED: _ended,
        Kind.CHANNEL_MISSING: _ended,
        Kind.HOLD_BEGAN: _begin_hold,
        Kind.HOLD_ENDED: _end_hold,
        Kind.ENTERED: _at_the_door,
        Kind.QUEUE_JOINED: _in_queue,
        Kind.FELL_BACK: _fell_back,
        Kind.MESSAGE_PLAYED: _played,
        Kind.ROUTED: _routed,
    }

    # -- the end

    def finish(self) -> Call:
        """The call as written so far."""
        legs = tuple(
            replace(leg, role=self._role(leg), agent=self._agents.get(leg.uniqueid, ""))
            for leg in sorted(self._legs.values(), key=lambda leg: (leg.started_at, leg.uniqueid))
        )
        talks = self._moves.talks(self._caller, legs)
        ended_at = _ended_at(legs)
        caller = self._legs.get(self._caller)
        caller_ended = caller.ended_at if caller else None
        visits = self._visits.finish(caller_ended)
        return replace(
            self._base,
            started_at=min(leg.started_at for leg in legs),
            direction=self._direction(legs),
            caller_number=self._routed_number or self._base.caller_number,
            answered_at=talks[0].began_at if talks else None,
            ended_at=ended_at,
            disposition=self._disposition(ended_at, talks, visits),
            known=self._known(),
            cause=caller.cause if caller else None,
            facts=self._facts,
            legs=legs,
            visits=visits,
            talks=talks,
            holds=tuple(replace(h, by=self._role(self._legs[h.uniqueid])) for h in self._holds),
            decisions=tuple(self._decisions),
        )

    def _known(self) -> Known:
        whole = not self._partial and self._legs.keys() <= self._begun
        return Known.LIVE if whole else Known.PARTIAL

    def _role(self, leg: Leg) -> Role:
        if is_local(leg.channel):
            return Role.LOCAL
        if leg.uniqueid == self._caller:
            return Role.CALLER
        return Role.AGENT if leg.uniqueid in self._agents else Role.OTHER

    def _direction(self, legs: tuple[Leg, ...]) -> Direction:
        if self._base.direction is Direction.UNKNOWN and legs[0].agent:
            return Direction.INTERNAL
        return self._base.direction

    def _disposition(
        self, ended_at: datetime | None, talks: tuple[Talk, ...], visits: tuple[Visit, ...]
    ) -> Disposition:
        if ended_at is None:
            return Disposition.LIVE
        if talks:
            return Disposition.ANSWERED
        if visits and visits[-1].end in _BY_VISIT:
            return _BY_VISIT[visits[-1].end]
        if self._messages:
            return _BY_MESSAGE.get(self._messages[-1], Disposition.OTHER)
        return Disposition.OTHER if self._known() is Known.LIVE else Disposition.UNKNOWN


def _ended_at(legs: tuple[Leg, ...]) -> datetime | None:
    ends = [leg.ended_at for leg in legs]
    return None if None in ends else max(end for end in ends if end)


def _reasons(fact: Fact) -> tuple[tuple[str, str, str], ...]:
    """Our own facts carry their reasons as a JSON list of [rule, inputs, verdict]."""
    try:
        rows = json.loads(fact.detail.get("reasons", "[]"))
        return tuple((str(rule), str(inputs), str(verdict)) for rule, inputs, verdict in rows)
    except (ValueError, TypeError):
        return ()
