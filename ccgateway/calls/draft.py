"""The draft of a call: facts in the order of their times are written into it one by one."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from typing import ClassVar
from uuid import UUID

from ccgateway.calls.call import Call, Decision, Escalation, Known, Leg, Mode, Note, Role
from ccgateway.calls.disposition import Ending, answered, disposition
from ccgateway.calls.escalations import FIRST, Escalations
from ccgateway.calls.holds import Holds
from ccgateway.calls.lives import LATE
from ccgateway.calls.outcome import Heard, escalations
from ccgateway.calls.party import Parties
from ccgateway.calls.rung import names_no_channel
from ccgateway.calls.talk import Moves
from ccgateway.calls.visits import Visits
from ccgateway.telephony.facts import Fact, Kind, Source
from ccgateway.telephony.ids import is_local

_NAMES_AGENT = frozenset(
    {
        Kind.CHANNEL_CREATED,
        Kind.CHANNEL_SEEN,
        Kind.AGENT_CALLED,
        Kind.AGENT_RANG_OUT,
        Kind.ATTEMPTED,
        Kind.DIAL_BEGAN,
    }
)
_NAMES_ANOTHERS = frozenset({Kind.AGENT_CONNECTED, Kind.AGENT_COMPLETED})  # the subject calls
_DIGITS = 18  # of a number that the store keeps as a bigint
_CAUSE_DIGITS = 3  # Q.850: 1 to 127


class Draft:
    """Mutable, and private to the reducer; ``finish`` makes the frozen call."""

    def __init__(self, call_id: UUID, node: str) -> None:
        self._base = Call(call_id=call_id, node=node, started_at=datetime.max.replace(tzinfo=UTC))
        self._facts = 0
        self._legs: dict[str, Leg] = {}
        self._begun: set[str] = set()
        self._found: set[str] = set()  # in a snapshot: their beginning was not seen
        self._missing: set[str] = set()  # their end was not seen
        self._lively: set[str] = set()  # what was heard of them shows that they lived
        self._heard_at: dict[str, datetime] = {}  # the last of it
        self._agents: dict[str, str] = {}
        self._routes: dict[str, dict[str, str]] = {}  # by the caller's channel
        self._withheld: set[str] = set()
        self._partial = False
        self._parties = Parties()
        self._visits = Visits()
        self._moves = Moves()
        self._holds = Holds()
        self._passed = Escalations()
        self._messages: list[str] = []
        self._decisions: list[Decision] = []
        self._notes: list[Note] = []
        self._dial_status = ""

    def take(self, fact: Fact) -> None:
        """Write one fact. They must come in ``reduce.order``."""
        self._facts += 1
        self._partial |= fact.source is Source.SNAPSHOT or fact.kind is Kind.CHANNEL_MISSING
        self._leg(fact)
        self._parties.take(fact)
        self._visits.take(fact)
        self._moves.take(fact)
        self._holds.take(fact)
        self._passed.take(fact)
        write = self._WRITERS.get(fact.kind)
        if write is not None:
            write(self, fact)

    def lose_sight(self, fact: Fact) -> None:
        """A snapshot's fact that the journals overrule: it shows only that AMI was not heard before
        it, and AMI alone tells of holds."""
        self._holds.lose_sight(fact)

    # -- legs

    def _leg(self, fact: Fact) -> None:
        """Every fact with a channel of its own shows that there is such a leg."""
        self._heard_at[fact.subject] = fact.at
        if fact.kind not in LATE:
            self._lively.add(fact.subject)
        leg = self._legs.get(fact.subject)
        name = fact.detail.get("channel", "")
        if leg is None:
            self._legs[fact.subject] = Leg(fact.subject, name, Role.OTHER, fact.at)
        elif name and not leg.channel:
            self._legs[fact.subject] = replace(leg, channel=name)
        agent = fact.detail.get("agent", "")
        if agent and fact.kind in _NAMES_AGENT and not names_no_channel(fact):
            self._agents.setdefault(fact.subject, agent)
        theirs = fact.detail.get("agent_uniqueid", "")
        if agent and theirs and fact.kind in _NAMES_ANOTHERS:
            self._agents.setdefault(theirs, agent)

    def _amend(self, uniqueid: str, **changes: object) -> None:
        leg = self._legs[uniqueid]
        fresh = {key: value for key, value in changes.items() if getattr(leg, key) is None}
        self._legs[uniqueid] = replace(leg, **fresh)  # type: ignore[arg-type]  # keys are Leg's

    def _created(self, fact: Fact) -> None:
        """A snapshot that was asked for before a channel began did not miss it."""
        leg = self._legs[fact.subject]
        if fact.kind is Kind.CHANNEL_CREATED and fact.subject not in self._begun:
            # What was told before it is of another clock; but for a channel that we asked for.
            self._legs[fact.subject] = replace(leg, started_at=fact.at)
        self._begun.add(fact.subject)
        self._unmiss(fact)

    def _seen(self, fact: Fact) -> None:
        if fact.subject not in self._begun:
            self._found.add(fact.subject)
        self._created(fact)

    def _ringing(self, fact: Fact) -> None:
        self._amend(fact.subject, ringing_at=fact.at)

    def _answered(self, fact: Fact) -> None:
        self._amend(fact.subject, answered_at=fact.at)

    def _ended(self, fact: Fact) -> None:
        self._unmiss(fact)
        cause = fact.detail.get("cause", "")
        known = cause.isdecimal() and len(cause) <= _CAUSE_DIGITS
        self._amend(fact.subject, ended_at=fact.at, cause=int(cause) if known else None)

    def _unmiss(self, fact: Fact) -> None:
        if fact.subject in self._missing:
            self._missing.discard(fact.subject)
            leg = self._legs[fact.subject]
            self._legs[fact.subject] = replace(leg, ended_at=None, cause=None)

    def _lost(self, fact: Fact) -> None:
        if self._legs[fact.subject].ended_at is None:
            self._missing.add(fact.subject)
            self._amend(fact.subject, ended_at=fact.at)

    def _originated(self, fact: Fact) -> None:
        """Asterisk refused, or there is no such phone: nothing else will come of that channel."""
        self._base = replace(self._base, attempt=self._base.attempt or fact.subject)
        if fact.detail.get("response") != "Success" and not self._legs[fact.subject].channel:
            self._amend(fact.subject, ended_at=fact.at)

    # -- what our dialplan and we ourselves said

    def _at_the_door(self, fact: Fact) -> None:
        if "prohib" in fact.detail.get("presentation", ""):
            self._withheld.add(fact.subject)
        self._chosen(fact)

    def _fell_back(self, fact: Fact) -> None:
        self._base = replace(self._base, fell_back=fact.detail.get("reason", "unknown"))
        self._chosen(fact)
        self._decide(fact, "fallback")

    def _played(self, fact: Fact) -> None:
        self._messages.append(fact.detail.get("message", ""))
        self._decide(fact, "message")

    def _routed(self, fact: Fact) -> None:
        """Two callers can be joined in one call: each has a route of his own."""
        self._routes[fact.subject] = dict(fact.detail)
        if fact.detail.get("withheld") == "yes":
            self._withheld.add(fact.subject)
        self._decide(fact, "route")

    def _decide(self, fact: Fact, what: str) -> None:
        detail = {k: v for k, v in fact.detail.items() if k not in {"reasons", "caller_number"}}
        self._decisions.append(Decision(fact.at, what, detail, _reasons(fact)))

    def _attempted(self, fact: Fact) -> None:
        self._begun.add(fact.subject)
        self._base = replace(self._base, attempt=self._base.attempt or fact.subject)
        self._chosen(fact)

    def _chosen(self, fact: Fact) -> None:
        """The service of a call of our own, or of one of whose route nothing is known, as the
        dialplan knows it; a caller's route says it better."""
        self._base = replace(
            self._base,
            service=self._base.service or fact.detail.get("service", ""),
            client=self._base.client or fact.detail.get("client", ""),
            case=self._base.case or number_of(fact.detail.get("case", "")),
        )

    def _outcome(self, fact: Fact) -> None:
        self._dial_status = fact.detail.get("status", "")

    def _escalated(self, fact: Fact) -> None:
        self._chosen(fact)
        last = self._passed.last
        if last and last.channel:
            self._holds.escalated(last.channel, last.customer, fact.at)

    def _noted(self, fact: Fact) -> None:
        said = fact.detail
        self._notes.append(Note(fact.at, said.get("by", ""), said.get("note", "")))

    _WRITERS: ClassVar[dict[Kind, Callable[[Draft, Fact], None]]] = {
        Kind.CHANNEL_CREATED: _created,
        Kind.CHANNEL_SEEN: _seen,
        Kind.CHANNEL_RINGING: _ringing,
        Kind.CHANNEL_ANSWERED: _answered,
        Kind.CHANNEL_ENDED: _ended,
        Kind.CHANNEL_MISSING: _lost,
        Kind.ENTERED: _at_the_door,
        Kind.FELL_BACK: _fell_back,
        Kind.MESSAGE_PLAYED: _played,
        Kind.ROUTED: _routed,
        Kind.ATTEMPTED: _attempted,
        Kind.ORIGINATED: _originated,
        Kind.SERVICE_CHOSEN: _chosen,
        Kind.TIER_ENTERED: _chosen,
        Kind.DIAL_OUTCOME: _outcome,
        Kind.ESCALATED: _escalated,
        Kind.NOTED: _noted,
    }

    # -- the end

    def finish(self) -> Call:
        """The call as written so far."""
        legs = self._finished_legs()
        found = self._parties.find(legs)
        legs = tuple(
            leg if (role := found.role(leg)) is leg.role else replace(leg, role=role)
            for leg in legs
        )
        roles = {leg.uniqueid: leg.role for leg in legs}
        anchor = self._legs.get(found.anchor)
        ended_at = _ended_at(legs)
        talks_of = cache(lambda channel: self._moves.talks(channel, legs))
        talks = talks_of(found.anchor)
        visits = self._visits.finish({leg.uniqueid: leg.ended_at for leg in legs}, self._agents)
        heard = Heard(
            talks,
            talks_of,
            lambda channel: self._agents.get(channel, ""),
            self._found,
            found.anchor,
            anchor.ended_at if anchor and found.anchor not in self._missing else None,
            ended_at is not None,
        )
        passings = [p for p in self._passed.passings if p.done_at >= found.entered_at]
        passed = tuple(escalations(passings, heard))
        theirs = tuple(visit for visit in visits if visit.uniqueid == found.anchor)
        answered_at = answered(found.direction, talks, passed)
        route = self._routes.get(found.caller, {})
        whole = not self._partial and self._legs.keys() <= self._begun
        ending = Ending(
            found.direction,
            answered_at,
            theirs,
            self._messages,
            found.status or self._dial_status,
            whole,
        )
        return replace(
            self._base,
            started_at=min(leg.started_at for leg in legs),
            direction=found.direction,
            did=found.dialled,
            service=route.get("service") or self._base.service,
            client=route.get("client") or self._base.client,
            customer=number_of(route.get("customer", "")),
            case=number_of(route.get("case", "")) or self._base.case,
            caller_number=route.get("caller_number") or found.number,
            caller_name=found.name,
            withheld=found.caller in self._withheld,
            answered_at=answered_at,
            ended_at=ended_at,
            disposition=disposition(ended_at, ending),
            known=Known.LIVE if whole else Known.PARTIAL,
            cause=anchor.cause if anchor else None,
            facts=self._facts,
            legs=legs,
            visits=visits,
            talks=talks,
            holds=tuple(self._holds.finish(roles.__getitem__)),
            decisions=tuple(self._decisions),
            escalations=passed,
            notes=tuple(self._notes),
            topic=next((e.to for e in reversed(passed) if _is_topic(e)), ""),
        )

    def _finished_legs(self) -> tuple[Leg, ...]:
        """In order of their beginning, with what is known of each but its role in the call."""
        return tuple(
            replace(
                leg,
                role=Role.LOCAL if is_local(leg.channel) else Role.OTHER,
                agent=self._agents.get(leg.uniqueid, ""),
                ended_at=leg.ended_at or self._gone_at(leg.uniqueid),
            )
            for leg in sorted(self._legs.values(), key=lambda leg: (leg.started_at, leg.uniqueid))
        )

    def _gone_at(self, uniqueid: str) -> datetime | None:
        """Of what was there before us only the last is told: it was gone then."""
        return None if uniqueid in self._lively else self._heard_at[uniqueid]


def _ended_at(legs: tuple[Leg, ...]) -> datetime | None:
    ends = [leg.ended_at for leg in legs]
    return None if None in ends else max(end for end in ends if end)


def _is_topic(passed: Escalation) -> bool:
    return passed.mode is not Mode.BACK and passed.to not in {"", FIRST}


def number_of(text: str) -> int | None:
    """A number that we told ourselves; None where it is none that the store could keep."""
    return int(text) if text.isdecimal() and len(text) <= _DIGITS else None


def _reasons(fact: Fact) -> tuple[tuple[str, str, str], ...]:
    """Our own facts carry their reasons as a JSON list of [rule, inputs, verdict]."""
    try:
        rows = json.loads(fact.detail.get("reasons", "[]"))
        return tuple((str(rule), str(inputs), str(verdict)) for rule, inputs, verdict in rows)
    except (ValueError, TypeError):
        return ()
