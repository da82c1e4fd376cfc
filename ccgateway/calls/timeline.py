"""The story of a call as a list of moments, for people to read."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from ccgateway.calls.call import Call, Decision, Leg, OfferEnd, Role, Visit, VisitEnd

_OFFER_WORDS = {
    OfferEnd.ANSWERED: "answers",
    OfferEnd.NO_ANSWER: "does not answer",
    OfferEnd.BUSY: "is busy",
    OfferEnd.REFUSED: "cannot be reached",
    OfferEnd.LOST: "stops ringing",
}
_VISIT_WORDS = {
    VisitEnd.ANSWERED: "leaves the queue: answered",
    VisitEnd.ABANDONED: "hangs up while waiting",
    VisitEnd.TIMED_OUT: "has waited to the limit",
    VisitEnd.EMPTY: "is refused: nobody is logged in",
    VisitEnd.FULL: "is refused: the queue is full",
    VisitEnd.LEFT: "leaves the queue",
    VisitEnd.UNKNOWN: "is not seen any more",
}


@dataclass(frozen=True, slots=True)
class Moment:
    """One line of the story. ``why`` is empty but for decisions."""

    at: datetime
    who: str
    what: str
    why: str = ""


def timeline(call: Call) -> list[Moment]:
    """All moments of a call, in order."""
    moments = [
        *(m for leg in call.legs for m in _of_leg(leg)),
        *(m for visit in call.visits for m in _of_visit(visit)),
        *(m for decision in call.decisions for m in _of_decision(decision)),
        *_of_talks(call),
    ]
    return sorted(moments, key=lambda m: m.at)


def _of_leg(leg: Leg) -> Iterator[Moment]:
    if leg.role is Role.LOCAL:
        return
    who = _who(leg)
    if leg.role is Role.CALLER:
        yield Moment(leg.started_at, who, f"calls ({leg.channel})")
    if leg.ended_at is not None:
        cause = f" (Q.850 cause {leg.cause})" if leg.cause else ""  # 0: Asterisk does not know
        yield Moment(leg.ended_at, who, f"is gone{cause}")


def _who(leg: Leg) -> str:
    return f"agent {leg.agent}" if leg.agent else leg.role.value


def _of_visit(visit: Visit) -> Iterator[Moment]:
    position = f" at position {visit.position}" if visit.position is not None else ""
    if visit.left_at is None or visit.left_at > visit.joined_at:
        yield Moment(visit.joined_at, "caller", f"joins queue {visit.queue}{position}")
    for offer in visit.offers:
        yield Moment(offer.began_at, f"agent {offer.agent}", "rings")
        if offer.ended_at is not None:
            yield Moment(offer.ended_at, f"agent {offer.agent}", _OFFER_WORDS[offer.end])
    if visit.left_at is not None:
        yield Moment(visit.left_at, "caller", f"{_VISIT_WORDS[visit.end]} ({visit.queue})")


def _of_decision(decision: Decision) -> Iterator[Moment]:
    said = decision.detail
    if decision.what == "route":
        where = said.get("queue") or said.get("message") or said.get("goal", "")
        yield Moment(decision.at, "ccgateway", f"routes to {said.get('goal', '')}: {where}")
        for rule, inputs, verdict in decision.reasons:
            yield Moment(decision.at, "", "", f"{rule} ({inputs}): {verdict}")
    elif decision.what == "fallback":
        reason = said.get("reason", "unknown")
        yield Moment(decision.at, "dialplan", f"takes the static fallback queue: {reason}")
    else:
        yield Moment(decision.at, "dialplan", f"plays the message: {said.get('message', '')}")


def _of_talks(call: Call) -> Iterator[Moment]:
    for talk in call.talks:
        yield Moment(talk.began_at, f"agent {talk.agent}", "and the caller talk")
        if talk.ended_at is not None:
            seconds = (talk.ended_at - talk.began_at).total_seconds()
            yield Moment(
                talk.ended_at, f"agent {talk.agent}", f"the talk ends after {seconds:.1f} s"
            )
    for hold in call.holds:
        yield Moment(hold.began_at, hold.by.value, "puts the other on hold")
        if hold.ended_at is not None:
            yield Moment(hold.ended_at, hold.by.value, "takes the other off hold")
