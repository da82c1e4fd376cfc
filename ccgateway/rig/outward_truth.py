"""The ground truth of a call that an agent began: by click, from the phone, or to a colleague. How
it ended is what the phone did that was to be rung, if it ever was: what the scene had planned is no
word of it."""

from __future__ import annotations

from collections.abc import Sequence

from ccgateway.calls.call import Direction, Disposition
from ccgateway.outbound.attempt import End, Stage
from ccgateway.rig.heard import EARLY, sent, talks
from ccgateway.rig.hotline import LINES
from ccgateway.rig.parts import Part
from ccgateway.rig.plan import Kind
from ccgateway.rig.story import Moment, Spoke, Story, Tried
from ccgateway.rig.truth import TruthCall

CANCELLED = 487
BY_STATUS = {
    486: (End.BUSY, Disposition.BUSY),
    480: (End.NO_ANSWER, Disposition.NO_ANSWER),
    603: (End.REJECTED, Disposition.OTHER),
    CANCELLED: (End.CANCELLED, Disposition.OTHER),
}
"""How it ended, by the last word of the customer's phone: CANCELLED is its answer to the CANCEL of
an agent who hung up (that it rings too long no scene waits for)."""

AGENT_BY_STATUS = {
    486: End.AGENT_BUSY,
    480: End.AGENT_NO_ANSWER,
    CANCELLED: End.AGENT_NO_ANSWER,
    603: End.AGENT_REJECTED,
}
"""The same by the agent's own, of a click."""


def outward(kind: Kind, number: str, parts: Sequence[Part]) -> Story:
    """A call to ``number``, or (AGENTS) to a colleague. ``parts`` in the order they began."""
    if kind is Kind.AGENTS:
        return _internal(parts[0], _called(parts[0], parts), talks(parts))
    customer = next((part for part in parts if part.phone == number), None)
    end, disposition = _ended(customer)
    tried = None
    if kind is not Kind.OUTBOUND:
        agent = parts[0]
        last = max((part.ended_at for part in parts if part.ended_at), default=None)
        tried = Tried(
            Stage.ENDED,
            end if customer else _unrung(agent),
            sent(agent.answered_at),
            sent(customer.answered_at if customer else None),
            sent(last),
        )
    return Story(
        Direction.OUTBOUND, number, number, LINES.service, disposition, talks(parts), attempt=tried
    )


def consultations(parts: Sequence[Part]) -> list[TruthCall]:
    """An agent called a colleague about his customer, and did not join the two: a call of its own.
    ``parts`` of a customer's call: his own is the first."""
    joined = {part.phone for part in parts for refer in part.refers if refer.replaces}
    return [
        _consultation(part, _called(part, parts))
        for part in parts[1:]
        if part.placed and part.phone not in joined
    ]


def _consultation(caller: Part, called: Part | None) -> TruthCall:
    """The ears listen for the customer alone: when the two spoke is in their messages."""
    spoke: tuple[Spoke, ...] = ()
    if called and called.answered_at:
        spoke = (Spoke(called.phone, Moment(called.answered_at), sent(called.ended_at)),)
    story = _internal(caller, called, spoke)
    return TruthCall(caller.phone, "", False, caller.at, ended_at=caller.ended_at, story=story)


def _called(caller: Part, parts: Sequence[Part]) -> Part | None:
    """Whose phone was rung by it."""
    rung = (part for part in parts if not part.placed and part.phone == caller.dialled)
    return next((part for part in rung if part.at >= caller.at - EARLY), None)


def _internal(caller: Part, called: Part | None, spoke: tuple[Spoke, ...]) -> Story:
    answered = called is not None and called.answered_at is not None
    disposition = Disposition.ANSWERED if answered else Disposition.OTHER
    return Story(Direction.INTERNAL, caller.phone, caller.dialled, "", disposition, spoke)


def _ended(customer: Part | None) -> tuple[End, Disposition]:
    """How it ended for who was to be called. Where no phone of his was ever rung nobody was
    dialled, whatever the agent heard."""
    if customer is None:
        return End.UNREACHABLE, Disposition.OTHER
    if customer.answered_at:
        return End.TALKED, Disposition.ANSWERED
    return BY_STATUS.get(customer.status, (End.FAILED, Disposition.OTHER))


def _unrung(agent: Part) -> End:
    """How a click ended that never came to the customer."""
    if not agent.answered_at:
        return AGENT_BY_STATUS.get(agent.status, End.AGENT_UNREACHABLE)
    return End.CANCELLED if agent.ended_here else End.UNREACHABLE
