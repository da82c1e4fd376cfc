"""How far an attempt is: a fold over the facts of its call, in any order, doubled or with holes.

The attempt's id is the agent's leg. The customer's leg is the first that was dialled from it. What
comes in which case is in Asterisk's own events (22.10.1, tried):

======================  ==========================================================================
agent does not answer   OriginateResponse Failure, Reason 3; Hangup cause 19; no DialEnd
agent busy, rejects     Reason 0; the cause only in Hangup: 17, 21
no such phone           Reason 0, and no channel at all
customer busy           DialEnd BUSY of their leg, Hangup cause 17; then the agent's leg ends
======================  ==========================================================================
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime

from ccgateway.outbound.attempt import Attempt, End, Stage
from ccgateway.telephony.facts import Fact, Kind

USER_BUSY, NO_RESPONSE, NO_ANSWER, REJECTED = 17, 18, 19, 21
"""Q.850, as Asterisk has them (causes.h)."""

_NOWHERE = (1, 2, 3, 20, 22, 27, 28, 34, 38, 41, 58)
"""Q.850: no such number, no way there, nobody registered, out of order, congestion, and their like.
DialEnd says NOANSWER for a 404 and a 603; DIALSTATUS after it, CHANUNAVAIL."""

RANG_OUT = "3"
"""Reason of an OriginateResponse (AST_CONTROL_RINGING): it rang, and nobody answered in time."""

_OF_AGENT = {
    USER_BUSY: End.AGENT_BUSY,
    NO_RESPONSE: End.AGENT_UNREACHABLE,  # 408: the phone did not even say that it rings
    NO_ANSWER: End.AGENT_NO_ANSWER,
    REJECTED: End.AGENT_REJECTED,
}
_OF_CUSTOMER = {
    USER_BUSY: End.BUSY,
    NO_RESPONSE: End.NO_ANSWER,
    NO_ANSWER: End.NO_ANSWER,
    REJECTED: End.REJECTED,
    **dict.fromkeys(_NOWHERE, End.UNREACHABLE),
}
_OF_STATUS = {
    "BUSY": End.BUSY,
    "NOANSWER": End.NO_ANSWER,
    "CANCEL": End.CANCELLED,
    "CHANUNAVAIL": End.UNREACHABLE,
    "CONGESTION": End.UNREACHABLE,
    "ANSWER": End.TALKED,
}
_BY_CAUSE = frozenset({End.NO_ANSWER, End.UNREACHABLE, End.FAILED})
"""Ends by DIALSTATUS of which the cause says more: for Dial() who rejects (603) does not answer."""

ANSWERED = "ANSWER"
"""DIALSTATUS of a call that was answered."""

_BORN = frozenset({Kind.CHANNEL_CREATED, Kind.CHANNEL_SEEN})
_NO_FAILURE = ("1", "2")
"""How SIP's responses begin that refuse nothing, such as the one to our own CANCEL."""

_OVER = frozenset({Kind.CHANNEL_ENDED, Kind.CHANNEL_MISSING})
_OWN = frozenset({Kind.ATTEMPTED, Kind.ORIGINATED})


@dataclass(slots=True)
class _Leg:
    """What is known of one channel."""

    seen: bool = False
    ringing_at: datetime | None = None
    answered_at: datetime | None = None
    ended_at: datetime | None = None
    missing: bool = False
    cause: int | None = None

    def take(self, fact: Fact) -> None:
        self.seen = self.seen or fact.kind not in _OWN
        match fact.kind:
            case Kind.CHANNEL_RINGING:
                self.ringing_at = _first(self.ringing_at, fact.at)
            case Kind.CHANNEL_ANSWERED:
                self.answered_at = _first(self.answered_at, fact.at)
            case Kind.CHANNEL_ENDED:
                self.ended_at, self.missing = fact.at, False
                self.cause = _cause(fact)
            case Kind.CHANNEL_MISSING if self.ended_at is None:
                self.ended_at, self.missing = fact.at, True


@dataclass(slots=True)
class _Told:
    """What the facts say of the attempt's call."""

    agent: _Leg = field(default_factory=_Leg)
    customer: _Leg = field(default_factory=_Leg)
    failed: Fact | None = None  # OriginateResponse: Failure
    status: str = ""
    outcome: Fact | None = None  # our dialplan's word after Dial()

    @property
    def cause(self) -> int | None:
        """Q.850, of the customer's leg."""
        return (_cause(self.outcome) if self.outcome else None) or self.customer.cause

    @property
    def sip(self) -> str:
        said = self.outcome.detail.get("sip", "") if self.outcome else ""
        return "" if said.startswith(_NO_FAILURE) else said


def legs(attempt_id: str, facts: Iterable[Fact]) -> tuple[str, str]:
    """The channels of agent and customer; the customer's is '' until it is dialled. Where the
    dialling was not seen (the link was down) it is the first channel that is no agent's."""
    facts = [fact for fact in facts if fact.subject != attempt_id]
    dialled = [f for f in facts if f.kind is Kind.DIAL_BEGAN and f.place == attempt_id]
    outside = [f for f in facts if f.kind in _BORN and not f.detail.get("agent")]
    first = min(dialled or outside, key=lambda fact: (fact.at, fact.subject), default=None)
    return attempt_id, first.subject if first else ""


def progress(attempt: Attempt, facts: Iterable[Fact]) -> Attempt:
    """``attempt`` (as it was sent, or as it was stored) after these facts of its call."""
    facts = list(facts)
    told = _told(attempt.id, facts)
    agent, customer = told.agent, told.customer
    after = replace(
        attempt,
        stage=_stage(attempt.stage, agent, customer),
        agent_answered_at=agent.answered_at or attempt.agent_answered_at,
        ringing_at=customer.ringing_at or attempt.ringing_at,
        answered_at=customer.answered_at or attempt.answered_at,
    )
    return _ended(after, told)


def _told(attempt_id: str, facts: list[Fact]) -> _Told:
    _, customer = legs(attempt_id, facts)
    told = _Told()
    for fact in sorted(facts, key=lambda fact: (fact.at, fact.kind in _OVER, fact.kind)):
        if fact.subject == attempt_id:
            told.agent.take(fact)
            _take_word(told, fact)
        elif fact.subject == customer:
            told.customer.take(fact)
            if fact.kind is Kind.DIAL_ENDED and fact.place == attempt_id:
                told.status = told.status or fact.detail.get("status", "")
                if told.status == ANSWERED:
                    told.customer.answered_at = _first(told.customer.answered_at, fact.at)
    return told


def _take_word(told: _Told, fact: Fact) -> None:
    """What is said of the whole on the agent's leg: by Originate, and by our dialplan, whose first
    word counts (a transfer dials again)."""
    if fact.kind is Kind.ORIGINATED and fact.detail.get("response") == "Failure":
        told.failed = fact
    elif fact.kind is Kind.DIAL_OUTCOME and told.outcome is None:
        told.status = fact.detail.get("status", "") or told.status
        told.outcome = fact


def _stage(before: Stage, agent: _Leg, customer: _Leg) -> Stage:
    """How far it is, from the last step back; never less than it was."""
    steps = (
        (customer.answered_at, Stage.ANSWERED),
        (customer.ringing_at, Stage.RINGING),
        (agent.answered_at, Stage.AGENT_ANSWERED),
        (agent.ringing_at, Stage.RINGING_AGENT),
    )
    found = next((stage for at, stage in steps if at), before)
    return max(found, before, key=list(Stage).index)


def _ended(attempt: Attempt, told: _Told) -> Attempt:
    agent, customer = told.agent, told.customer
    if attempt.answered_at is not None:
        # The agent may pass the customer on: the call is over when the customer's leg is.
        if customer.ended_at is None:
            return attempt
        return _end(attempt, End.TALKED, customer.ended_at, customer.cause, "")
    if agent.ended_at is not None:
        return _unanswered(attempt, told, agent.ended_at)
    if told.failed is not None and not agent.seen:
        # With a channel there the response may be another's: an id in use is answered by Failure.
        rang = told.failed.detail.get("reason") == RANG_OUT
        end = End.AGENT_NO_ANSWER if rang else End.AGENT_UNREACHABLE
        return _end(attempt, end, told.failed.at, None, "")
    return attempt


def _unanswered(attempt: Attempt, told: _Told, at: datetime) -> Attempt:
    """The agent's leg is gone, and the customer never answered."""
    agent, customer = told.agent, told.customer
    if agent.answered_at is None:
        if agent.missing:
            return _end(attempt, End.LOST, at, None, "")
        if told.failed is not None and told.failed.detail.get("reason") == RANG_OUT:
            return _end(attempt, End.AGENT_NO_ANSWER, at, agent.cause, "")
        end = _OF_AGENT.get(agent.cause or 0, End.AGENT_UNREACHABLE)
        return _end(attempt, end, at, agent.cause, "")
    if not told.status:
        return _end(attempt, _without_status(agent, customer), at, agent.cause, "")
    end = _OF_STATUS.get(told.status, End.FAILED)
    if end in _BY_CAUSE:
        end = _OF_CUSTOMER.get(told.cause or 0, end)
    return _end(attempt, end, at, told.cause, told.sip)


def _without_status(agent: _Leg, customer: _Leg) -> End:
    """Nothing is known of how the dialling ended."""
    if agent.missing or customer.missing:
        return End.LOST
    return End.CANCELLED


def _end(attempt: Attempt, end: End, at: datetime, cause: int | None, sip: str) -> Attempt:
    return replace(attempt, stage=Stage.ENDED, end=end, ended_at=at, cause=cause, sip=sip)


def _first(known: datetime | None, at: datetime) -> datetime:
    return at if known is None else min(known, at)


def _cause(fact: Fact) -> int | None:
    """Q.850; 0 is Asterisk's word for not known."""
    text = fact.detail.get("cause", "")
    return int(text) or None if text.isdecimal() else None
