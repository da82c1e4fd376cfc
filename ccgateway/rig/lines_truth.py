"""The ground truth of a call that scripted phones played: what it must look like in the record,
from the phones' logs and ears alone.

The moments of answers, BYEs, REFERs and keys are those of the phones. Two kinds of moments no phone
has in a message, and they are taken from what comes next on the wire, or from what is heard:

- when the customer and somebody are connected without anybody's answer or hang-up (a transfer, a
  talk of three, a customer who is taken back): the first and the last packet of the customer's
  voice in the other's ear. A packet is 20 ms, Asterisk mixes by the packet, and the phones of the
  rig share one process: hence HEARD.
- when a queue lets the customer go whom nobody took: Asterisk rings the next phone at once, so it
  is that phone's INVITE.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from ccgateway.calls.call import Direction, Disposition, EscalationEnd, Mode, Role, VisitEnd
from ccgateway.outbound.attempt import End, Stage
from ccgateway.rig.hotline import LINES, VENDOR, Line
from ccgateway.rig.parts import Part
from ccgateway.rig.plan import FROM_AGENT, Kind, Planned
from ccgateway.rig.story import Held, Moment, Passed, Spoke, Stay, Story, Tried
from ccgateway.rig.truth import TruthCall

HEARD = timedelta(milliseconds=150)
"""How exact a moment is that was heard, not sent or received."""

EARLY = timedelta(milliseconds=100)
"""How much before its cause an effect may be seen at another phone: the phones are sockets of one
process, which reads them in any order; and when a key is released is reckoned, not logged."""

FIRST_LINE = Line("first", 0, 1, 0, queue=LINES.queue, agents=LINES.agents)
BY_DIGIT = {str(line.digit): line for line in (FIRST_LINE, *LINES.lines)}
BY_NAME = {line.name: line for line in LINES.lines}
BY_STATUS = {486: (End.BUSY, Disposition.BUSY), 480: (End.NO_ANSWER, Disposition.NO_ANSWER)}
"""How a click ended, by the customer's refusal."""


def truth_of(planned: Planned, parts: Sequence[Part]) -> TruthCall | None:
    """The call of a scene; None where it was never placed. ``parts`` in the order they began."""
    if not parts:
        return None
    began, number = parts[0], planned.caller.number
    last = max((part.ended_at for part in parts if part.ended_at), default=None)
    call = TruthCall(number, planned.caller.did, False, began.at)
    if planned.kind in FROM_AGENT:
        return replace(call, ended_at=last, story=_outward(planned.kind, number, parts))
    return replace(
        call,
        network_answered_at=began.answered_at,
        ended_at=began.ended_at,
        caller_ended=began.ended_here,
        story=_Inward(began, parts[1:]).story(),
    )


def _outward(kind: Kind, number: str, parts: Sequence[Part]) -> Story:
    """A call that an agent began: by click, from the phone, or to a colleague."""
    talks, began = _talks(parts), parts[0]
    if kind is Kind.AGENTS:
        return Story(
            Direction.INTERNAL, began.phone, began.dialled, "", Disposition.ANSWERED, talks
        )
    if kind is Kind.OUTBOUND:
        return Story(Direction.OUTBOUND, number, number, LINES.service, Disposition.ANSWERED, talks)
    story = Story(Direction.OUTBOUND, number, number, LINES.service, Disposition.ANSWERED, talks)
    customer = next((part for part in parts if part.phone == number), parts[-1])
    end, disposition = (End.TALKED, Disposition.ANSWERED)
    if not customer.answered_at:
        end, disposition = BY_STATUS.get(customer.status, (End.FAILED, Disposition.OTHER))
    last = max((part.ended_at for part in parts if part.ended_at), default=None)
    tried = Tried(
        Stage.ENDED, end, _sent(parts[0].answered_at), _sent(customer.answered_at), _sent(last)
    )
    return replace(story, disposition=disposition, attempt=tried)


@dataclass(frozen=True, slots=True)
class _Move:
    """The customer is passed on to ``line`` (None: to a phone), by this part's phone."""

    at: datetime
    mode: Mode
    by: Part
    line: Line | None


class _Inward:
    """A customer's call to the service. ``others`` are the parts of all but the customer."""

    def __init__(self, customer: Part, others: Sequence[Part]) -> None:
        self._customer, self._others = customer, others
        self._moves = sorted(_moves(others), key=lambda move: move.at)
        self._visits: list[Stay] = []
        self._escalations: list[Passed] = []
        self._holds = [held for part in others for held in _held(part)]

    def story(self) -> Story:
        self._arrive()
        for n, move in enumerate(self._moves):
            after = self._moves[n + 1].at if n + 1 < len(self._moves) else None
            if move.line is None:
                self._attended(move)
            elif move.mode is Mode.WARM:
                self._warm(move, move.line)
            else:
                self._cold(move, move.line, after)
        talks = _talks(self._others)
        disposition = Disposition.ANSWERED if talks else Disposition.ABANDONED
        return Story(
            Direction.INBOUND, self._customer.phone, self._customer.dialled, LINES.service,
            disposition, talks,
            tuple(self._visits), tuple(self._escalations), tuple(self._holds),
        )  # fmt: skip

    def _arrive(self) -> None:
        joined = self._customer.answered_at
        if joined:
            until = self._moves[0].at if self._moves else None
            taken = self._taken(FIRST_LINE, joined, until)
            left = taken.answered_at if taken else self._customer.ended_at
            end = VisitEnd.ANSWERED if taken else VisitEnd.ABANDONED
            self._visit(FIRST_LINE, joined, taken, end, left)

    def _cold(self, move: _Move, line: Line, until: datetime | None) -> None:
        """The customer seeks the line; nobody there: another one, or the agent again."""
        passed = Passed(
            move.mode, move.by.phone, line.name, line.tier, "", EscalationEnd.ACCEPTED,
            Moment(move.at), None, None,
        )  # fmt: skip
        self._seek(passed, line, move, until)

    def _seek(self, passed: Passed, line: Line, move: _Move, until: datetime | None) -> None:
        taken = self._taken(line, passed.at.at, until)
        if taken:
            began = _began(taken)
            agent = _agent(taken.phone)
            self._escalations.append(
                replace(passed, agent=agent, accepted_at=began, ended_at=began)
            )
            self._visit(line, passed.at.at, taken, VisitEnd.ANSWERED, taken.answered_at)
            return
        following = BY_NAME.get(line.then)
        next_ = self._rung(following.name if following else move.by.phone, passed.at.at)
        left = next_.at if next_ else self._customer.ended_at
        self._visit(line, passed.at.at, None, VisitEnd.TIMED_OUT, left)
        end = EscalationEnd.PASSED_ON if following else EscalationEnd.RETURNED
        self._escalations.append(replace(passed, end=end, ended_at=_sent(left)))
        if following and left:
            again = replace(
                passed, mode=Mode.COLD, by="", to=following.name, tier=following.tier,
                at=Moment(left),
            )  # fmt: skip
            self._seek(again, following, move, until)

    def _warm(self, move: _Move, line: Line) -> None:
        """The agents speak first; then the second has the customer, or the first again."""
        taken = self._taken(line, move.at, None)
        came = next((since for since, _ in taken.heard), None) if taken else None
        back = next((since for since, _ in move.by.heard if since > move.at), None)
        known = [moment for moment in (came, back) if moment]
        ended = Moment(min(known), HEARD) if known else None
        self._holds.append(Held(Role.AGENT, Moment(move.at), ended))
        self._visit(line, move.at, taken, VisitEnd.ANSWERED, taken.answered_at if taken else None)
        self._escalations.append(
            Passed(
                Mode.WARM, move.by.phone, line.name, line.tier,
                _agent(taken.phone) if taken else "",
                EscalationEnd.ACCEPTED if came else EscalationEnd.TAKEN_BACK,
                Moment(move.at), _sent(taken.answered_at) if taken else None,
                Moment(came, HEARD) if came else ended,
            )
        )  # fmt: skip

    def _attended(self, move: _Move) -> None:
        """By the phone's own button, to a colleague whom it had called before."""
        consult = next(p for p in reversed(self._others) if p.placed and p.phone == move.by.phone)
        second = self._rung(consult.dialled, consult.at)
        came = next((since for since, _ in second.heard), None) if second else None
        self._escalations.append(
            Passed(
                Mode.ATTENDED, move.by.phone, "", None, _agent(consult.dialled),
                EscalationEnd.ACCEPTED, Moment(consult.at), _sent(consult.answered_at),
                Moment(came, HEARD) if came else None,
            )
        )  # fmt: skip

    def _taken(self, line: Line, since: datetime, until: datetime | None) -> Part | None:
        """Who of the line answered, after one moment and before the other."""
        names = _names(line)
        for part in self._others:
            if part.placed or part.phone not in names or not part.answered_at:
                continue
            if since - EARLY <= part.at and (until is None or part.at < until):
                return part
        return None

    def _rung(self, name: str, since: datetime) -> Part | None:
        """The first ringing of a phone, or of a line, after a moment."""
        names = _names(BY_NAME[name]) if name in BY_NAME else {name}
        rung = (p for p in self._others if not p.placed and p.phone in names)
        fitting = (part for part in rung if part.at >= since - EARLY)
        return next(fitting, None)

    def _visit(
        self,
        line: Line,
        joined: datetime,
        taken: Part | None,
        end: VisitEnd,
        left: datetime | None,
    ) -> None:
        """A stay in the line's queue, where it has one."""
        if line.queue:
            agent, answered = (taken.phone, taken.answered_at) if taken else ("", None)
            self._visits.append(
                Stay(
                    line.queue, line.tier, agent, end, Moment(joined), _sent(answered), _sent(left)
                )
            )


def _moves(others: Sequence[Part]) -> list[_Move]:
    found = []
    for part in others:
        for code in part.codes:
            way, digit = code.keys[:2], code.keys[2:]
            if digit:
                mode = Mode.WARM if way == "*3" else Mode.BACK if digit == "0" else Mode.COLD
                found.append(_Move(code.at, mode, part, BY_DIGIT[digit]))
        for refer in part.refers:
            mode = Mode.ATTENDED if refer.replaces else Mode.BLIND
            line = None if refer.replaces else BY_DIGIT[refer.to[-1]]
            found.append(_Move(refer.at, mode, part, line))
    return found


def _held(part: Part) -> list[Held]:
    """The phone's own holds: one that is transferred is held until then."""
    sent = [refer.at for refer in part.refers]
    ends = [hold.ended_at or next(iter(sent), part.ended_at) for hold in part.holds]
    pairs = zip(part.holds, ends, strict=True)
    return [Held(Role.AGENT, Moment(hold.began_at), _sent(end)) for hold, end in pairs]


def _talks(parts: Sequence[Part]) -> tuple[Spoke, ...]:
    """Whoever heard the customer talked with him."""
    found = [_spoke(part, since, until) for part in parts for since, until in part.heard]
    return tuple(sorted(found, key=lambda talk: talk.began_at.at))


def _spoke(part: Part, since: datetime, until: datetime) -> Spoke:
    """A phone that holds hears nothing; the talk is over when it transfers."""
    sent = [refer.at for refer in part.refers]
    ended = sent[0] if part.holds and sent else until
    return Spoke(_agent(part.phone), _exact(since, part.answered_at), _exact(ended, part.ended_at))


def _began(part: Part) -> Moment | None:
    """When the customer came to this phone."""
    return _exact(part.heard[0][0], part.answered_at) if part.heard else None


def _exact(heard: datetime, message: datetime | None) -> Moment:
    """The phone's own message where it is what made the voice begin or end, else what was heard."""
    if message and abs(heard - message) <= HEARD:
        return Moment(message)
    return Moment(heard, HEARD)


def _sent(at: datetime | None) -> Moment | None:
    return Moment(at) if at else None


def _names(line: Line) -> Collection[str]:
    return {line.on_call} if line.on_call else {str(agent) for agent in line.agents}


def _agent(phone: str) -> str:
    """An agent's id, '' for an outsider."""
    return "" if phone == VENDOR else phone
