"""The story of a call as a list of moments, for people to read."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from ccgateway.calls.call import (
    Call,
    Decision,
    Direction,
    Escalation,
    EscalationEnd,
    Hold,
    Known,
    Leg,
    Mode,
    OfferEnd,
    Role,
    Visit,
    VisitEnd,
)

_OFFER_WORDS = {
    OfferEnd.ANSWERED: "answers",
    OfferEnd.NO_ANSWER: "does not answer",
    OfferEnd.BUSY: "is busy",
    OfferEnd.REFUSED: "cannot be reached",
    OfferEnd.LOST: "stops ringing",
    OfferEnd.UNKNOWN: "does not ring any more; how it ended was not seen",
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
_MODE_WORDS = {
    Mode.COLD: "",
    Mode.WARM: ", warm",
    Mode.BACK: "",
    Mode.BLIND: " by the phone's transfer button",
    Mode.ATTENDED: " by the phone's transfer button, after speaking with them",
}
_SPOKEN = {Mode.WARM, Mode.ATTENDED, Mode.CONFERENCE}  # he may speak with the next one first
_LINES = {1: "first line", 2: "second line", 3: "third line"}


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
        *(m for leg in call.legs for m in _of_leg(leg, call)),
        *(m for visit in call.visits for m in _of_visit(visit, call)),
        *(m for decision in call.decisions for m in _of_decision(decision)),
        *_of_talks(call),
        *(m for hold in call.holds for m in _of_hold(hold, call)),
        *_of_escalations(call),
        *(Moment(note.at, note.by or "ccgateway", f"notes: {note.text}") for note in call.notes),
    ]
    return sorted(moments, key=lambda m: m.at)


def line_name(tier: int | None) -> str:
    """A tier as people call it; '' where it is not known."""
    return "" if tier is None else _LINES.get(tier, f"line {tier}")


def _of_leg(leg: Leg, call: Call) -> Iterator[Moment]:
    if leg.role is Role.LOCAL:
        return
    who = _who(leg)
    outbound = call.direction is Direction.OUTBOUND and leg.uniqueid == call.legs[0].uniqueid
    began = leg.role is Role.CALLER or outbound
    if began:
        what = "is called, by click" if leg.uniqueid == call.attempt else f"calls ({leg.channel})"
        yield Moment(leg.started_at, who, what)
    if leg.ended_at is not None:
        cause = f" (Q.850 cause {leg.cause})" if leg.cause else ""  # 0: Asterisk does not know
        yield Moment(leg.ended_at, who, f"is gone{cause}")


def _who(leg: Leg) -> str:
    return f"agent {leg.agent}" if leg.agent else leg.role.value


def _who_is(uniqueid: str, call: Call) -> str:
    return next((_who(leg) for leg in call.legs if leg.uniqueid == uniqueid), "caller")


def _agent(agent: str) -> str:
    return f"agent {agent}" if agent else "an outside party"


def _of_visit(visit: Visit, call: Call) -> Iterator[Moment]:
    who = _who_is(visit.uniqueid, call)
    position = f" at position {visit.position}" if visit.position is not None else ""
    if visit.left_at is None or visit.left_at > visit.joined_at:
        yield Moment(visit.joined_at, who, f"joins queue {visit.queue}{position}")
    for offer in visit.offers:
        yield Moment(offer.began_at, f"agent {offer.agent}", "rings")
        if offer.ended_at is not None:
            yield Moment(offer.ended_at, f"agent {offer.agent}", _OFFER_WORDS[offer.end])
    if visit.left_at is not None:
        yield Moment(visit.left_at, who, f"{_VISIT_WORDS[visit.end]} ({visit.queue})")


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
        if call.direction is Direction.OUTBOUND:
            who, other = _agent(talk.agent), "the one who was called"
        else:
            who, other = _agent(talk.agent), "the caller"
        yield Moment(talk.began_at, who, f"and {other} talk")
        if talk.ended_at is not None:
            seconds = (talk.ended_at - talk.began_at).total_seconds()
            yield Moment(talk.ended_at, who, f"the talk ends after {seconds:.1f} s")


def _of_hold(hold: Hold, call: Call) -> Iterator[Moment]:
    who = _who_is(hold.uniqueid, call)
    yield Moment(hold.began_at, who, "puts the other on hold")
    if hold.ended_at is not None:
        seen = hold.known is not Known.PARTIAL
        what = "takes the other off hold" if seen else "may have held the other up to here"
        yield Moment(hold.ended_at, who, what)


def _of_escalations(call: Call) -> Iterator[Moment]:
    """Whom overflow, too, brings the caller back to is the last one who passed him on."""
    person = "an agent"
    for passed in call.escalations:
        person = person if _is_overflow(passed) else _agent(passed.by)
        yield _passing(passed)
        spoken = passed.mode in _SPOKEN and passed.accepted_at != passed.ended_at
        # They consulted: he did not take the caller at once, nor was there before he was asked.
        if spoken and passed.accepted_at and passed.accepted_at > passed.at:
            yield Moment(passed.accepted_at, person, f"consults {_agent(passed.agent)}")
        if passed.ended_at is not None and (words := _end_words(passed, person)):
            yield Moment(passed.ended_at, "caller", words)


def _is_overflow(passed: Escalation) -> bool:
    """The dialplan's own. (That of an engineer outside has no name either, and is told alike.)"""
    return not passed.by and passed.mode is Mode.COLD


def _passing(passed: Escalation) -> Moment:
    where = passed.to or passed.agent or "another number"
    line = f" ({line_name(passed.tier)})" if passed.tier else ""
    if _is_overflow(passed):
        return Moment(passed.at, "dialplan", f"tries {where}{line} for the caller")
    if passed.mode is Mode.CONFERENCE:
        what = f"adds {where}{line} to the talk, by the phone's conference button"
        return Moment(passed.at, _agent(passed.by), what)
    back = "back " if passed.mode is Mode.BACK else ""
    what = f"passes the caller {back}to {where}{line}{_MODE_WORDS[passed.mode]}"
    return Moment(passed.at, _agent(passed.by), what)


def _end_words(passed: Escalation, person: str) -> str:
    whom = _agent(passed.agent)
    if passed.mode is Mode.CONFERENCE and passed.end is EscalationEnd.ACCEPTED:
        return f"hears {whom}, too"
    if passed.mode is Mode.CONFERENCE and passed.end is EscalationEnd.TAKEN_BACK:
        return f"is with {person} alone again"
    seconds = (passed.ended_at - passed.at).total_seconds() if passed.ended_at else 0
    return {
        EscalationEnd.ACCEPTED: f"is taken over by {whom}, {seconds:.1f} s after it was asked",
        EscalationEnd.RETURNED: f"finds nobody: back to {person}",
        EscalationEnd.FIRST_LINE: "finds nobody: back to first line",
        EscalationEnd.TAKEN_BACK: f"is taken back by {person}",
        EscalationEnd.ABANDONED: "hangs up while being passed on",
    }.get(passed.end, "")
