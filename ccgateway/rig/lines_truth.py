"""The ground truth of a call that scripted phones played: what it must look like in the record,
from the phones' logs and ears alone.

The moments of answers, BYEs, REFERs and keys are those of the phones. Two kinds of moments no phone
has in a message, and they are taken from what comes next on the wire, or from what is heard:

- when the customer and somebody are connected without anybody's answer or hang-up (a transfer, a
  talk of three, a customer who is taken back): the first and the last packet of the customer's
  voice in the other's ear. A packet is 20 ms, Asterisk mixes by the packet, and the phones of the
  rig share one process: hence HEARD.
- when a queue lets the customer go whom nobody took: Asterisk rings the next phone at once, so it
  is that phone's INVITE. Where none is free to be rung, the line's limit is all there is to say.
"""

from __future__ import annotations

from collections.abc import Sequence, Set
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from ccgateway.calls.call import Direction, Disposition, EscalationEnd, Mode, Role, VisitEnd
from ccgateway.rig.heard import EARLY, HEARD, agent_of, began, sent, talks
from ccgateway.rig.hotline import LINES, Line
from ccgateway.rig.outward_truth import outward
from ccgateway.rig.parts import Part
from ccgateway.rig.plan import FROM_AGENT, Planned
from ccgateway.rig.story import Held, Moment, Passed, Stay, Story
from ccgateway.rig.truth import TruthCall

RECKONED = timedelta(seconds=1)
"""How exact it is that a line's limit is over."""

FIRST_LINE = Line("first", 0, 1, 0, queue=LINES.queue, agents=LINES.agents)
BY_DIGIT = {str(line.digit): line for line in (FIRST_LINE, *LINES.lines)}
BY_NAME = {line.name: line for line in LINES.lines}


def truth_of(
    planned: Planned, parts: Sequence[Part], asked_at: datetime | None = None
) -> TruthCall | None:
    """The call of a scene; None where it was never placed. ``parts`` in the order they began;
    ``asked_at``: when it was asked for by click."""
    if not parts:
        return None
    first, number = parts[0], planned.caller.number
    last = max((part.ended_at for part in parts if part.ended_at), default=None)
    call = TruthCall(number, planned.caller.did, False, first.at, asked_at=asked_at)
    if planned.kind in FROM_AGENT:
        return replace(call, ended_at=last, story=outward(planned.kind, number, parts))
    return replace(
        call,
        network_answered_at=first.answered_at,
        ended_at=first.ended_at,
        caller_ended=first.ended_here,
        story=_Inward(first, parts[1:]).story(),
    )


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
        spoke = talks(self._others)
        disposition = Disposition.ANSWERED if spoke else Disposition.ABANDONED
        return Story(
            Direction.INBOUND, self._customer.phone, self._customer.dialled, LINES.service,
            disposition, spoke,
            tuple(self._visits), tuple(self._escalations), tuple(self._holds),
        )  # fmt: skip

    def _arrive(self) -> None:
        joined = self._customer.answered_at
        if joined:
            until = self._moves[0].at if self._moves else None
            self._first_line(Moment(joined), until)

    def _first_line(self, joined: Moment, until: datetime | None) -> None:
        """A stay in first line, which has no limit."""
        taken = self._taken(FIRST_LINE, joined.at, until)
        end = VisitEnd.ANSWERED if taken else VisitEnd.ABANDONED
        left = taken.answered_at if taken else self._customer.ended_at
        self._visit(FIRST_LINE, joined, taken, end, sent(left))

    def _cold(self, move: _Move, line: Line, until: datetime | None) -> None:
        """The customer seeks the line; nobody there: another one, or the agent again."""
        passed = Passed(
            move.mode, move.by.phone, line.name, line.tier, "", EscalationEnd.ACCEPTED,
            Moment(move.at), None, None,
        )  # fmt: skip
        self._seek(passed, line, move, until)

    def _seek(self, passed: Passed, line: Line, move: _Move, until: datetime | None) -> None:
        since = passed.at.at
        taken = self._taken(line, since, until)
        if taken:
            came = began(taken)
            agent = agent_of(taken.phone)
            self._escalations.append(replace(passed, agent=agent, accepted_at=came, ended_at=came))
            self._visit(line, passed.at, taken, VisitEnd.ANSWERED, sent(taken.answered_at))
            return
        following = BY_NAME.get(line.then)
        names = _names(following) if following else _names(FIRST_LINE) | {move.by.phone}
        next_ = self._rung(names, since)
        left = self._left(line, since, next_)
        if left is None:
            over = sent(self._customer.ended_at)
            self._visit(line, passed.at, None, VisitEnd.ABANDONED, over)
            self._escalations.append(replace(passed, end=EscalationEnd.ABANDONED, ended_at=over))
            return
        self._visit(line, passed.at, None, VisitEnd.TIMED_OUT, left)
        if not following:
            own = next_ if next_ and next_.phone == move.by.phone else None
            self._back(passed, left, own, until)
            return
        self._escalations.append(replace(passed, end=EscalationEnd.PASSED_ON, ended_at=left))
        again = replace(
            passed, mode=Mode.COLD, by="", to=following.name, tier=following.tier, at=left
        )
        self._seek(again, following, move, until)

    def _back(self, passed: Passed, left: Moment, own: Part | None, until: datetime | None) -> None:
        """To the agent who passed him on (``own``: his phone is rung); where it is not free, or he
        does not take him, to first line."""
        if own and (own.answered_at or not self._outlived(own.ended_at)):
            self._escalations.append(replace(passed, end=EscalationEnd.RETURNED, ended_at=left))
            return
        first = Moment(own.ended_at) if own and own.ended_at else left
        self._escalations.append(replace(passed, end=EscalationEnd.FIRST_LINE, ended_at=first))
        self._first_line(first, until)

    def _outlived(self, at: datetime | None) -> bool:
        """Whether the customer was still there."""
        ended = self._customer.ended_at
        return at is not None and ended is not None and at + EARLY < ended

    def _left(self, line: Line, since: datetime, next_: Part | None) -> Moment | None:
        """When a line let the customer go: the next phone is rung at once. Where none was free to
        be rung, it is the line's limit that tells. None where he gave up before."""
        if line is FIRST_LINE:
            return None
        if next_:
            return Moment(next_.at)
        limit = since + timedelta(seconds=line.limit)
        return Moment(limit, RECKONED) if self._outlived(limit) else None

    def _warm(self, move: _Move, line: Line) -> None:
        """The agents speak first; then the second has the customer, or the first again."""
        taken = self._taken(line, move.at, None)
        came = next((since for since, _ in taken.heard), None) if taken else None
        back = next((since for since, _ in move.by.heard if since > move.at), None)
        known = [moment for moment in (came, back) if moment]
        over = Moment(min(known), HEARD) if known else sent(self._customer.ended_at)
        self._holds.append(Held(Role.AGENT, Moment(move.at), over))
        if taken:
            stayed, left = VisitEnd.ANSWERED, sent(taken.answered_at)
        else:
            stayed, left = (VisitEnd.TIMED_OUT if back else VisitEnd.ABANDONED), over
        self._visit(line, Moment(move.at), taken, stayed, left)
        ended = EscalationEnd.TAKEN_BACK if taken else EscalationEnd.RETURNED
        self._escalations.append(
            Passed(
                Mode.WARM, move.by.phone, line.name, line.tier,
                agent_of(taken.phone) if taken else "",
                EscalationEnd.ACCEPTED if came else ended if back else EscalationEnd.ABANDONED,
                Moment(move.at), sent(taken.answered_at) if taken else None,
                Moment(came, HEARD) if came else over,
            )
        )  # fmt: skip

    def _attended(self, move: _Move) -> None:
        """By the phone's own button, to a colleague whom it had called before."""
        consult = next(p for p in reversed(self._others) if p.placed and p.phone == move.by.phone)
        second = self._rung({consult.dialled}, consult.at)
        came = next((since for since, _ in second.heard), None) if second else None
        self._escalations.append(
            Passed(
                Mode.ATTENDED, move.by.phone, "", None, agent_of(consult.dialled),
                EscalationEnd.ACCEPTED, Moment(consult.at), sent(consult.answered_at),
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

    def _rung(self, names: Set[str], since: datetime) -> Part | None:
        """The first ringing of one of these phones after a moment."""
        rung = (p for p in self._others if not p.placed and p.phone in names)
        fitting = (part for part in rung if part.at >= since - EARLY)
        return next(fitting, None)

    def _visit(
        self,
        line: Line,
        joined: Moment,
        taken: Part | None,
        end: VisitEnd,
        left: Moment | None,
    ) -> None:
        """A stay in the line's queue, where it has one."""
        if line.queue:
            agent, answered = (taken.phone, taken.answered_at) if taken else ("", None)
            self._visits.append(
                Stay(line.queue, line.tier, agent, end, joined, sent(answered), left)
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
    referred = next((refer.at for refer in part.refers), part.ended_at)
    ends = [hold.ended_at or referred for hold in part.holds]
    pairs = zip(part.holds, ends, strict=True)
    return [Held(Role.AGENT, Moment(hold.began_at), sent(end)) for hold, end in pairs]


def _names(line: Line) -> Set[str]:
    return {line.on_call} if line.on_call else {str(agent) for agent in line.agents}
