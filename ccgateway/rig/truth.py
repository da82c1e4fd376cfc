"""The ground truth: one record a call, from what SIPp's callers and phones saw on the wire."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from ccgateway.rig.messages import Message
from ccgateway.rig.story import Story

AFTER = timedelta(seconds=1)
"""A phone may be rung, or let go, a moment after the caller has left."""

BEFORE = timedelta(seconds=1)
"""SIPp writes a message's time after it was sent. Where it has to wait for the processor in
between, the phone rings before the call was placed, as the logs have it."""


@dataclass(frozen=True, slots=True)
class Ring:
    """One ringing of one phone."""

    phone: str
    number: str  # the caller's, as the phone was told
    rang_at: datetime
    answered_at: datetime | None = None
    ended_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class TruthCall:
    """One call as the caller and the phones saw it. Times are aware UTC."""

    number: str
    did: str
    withheld: bool
    placed_at: datetime
    network_answered_at: datetime | None = None
    ended_at: datetime | None = None
    caller_ended: bool = False
    rings: tuple[Ring, ...] = ()
    story: Story | None = None  # of a call that scripted phones played, instead of ``rings``

    @property
    def talks(self) -> tuple[Ring, ...]:
        """The rings that a phone answered, in order."""
        return tuple(ring for ring in self.rings if ring.answered_at)

    @property
    def caller(self) -> str:
        """Who called: not always the one whom the call is about."""
        return self.story.caller if self.story else self.number

    @property
    def dialled(self) -> str:
        """The number that was dialled, ours or not."""
        return self.story.dialled if self.story else self.did

    @property
    def agents(self) -> tuple[str, ...]:
        """Who talked with the caller, in order; '' is an outsider."""
        if self.story:
            return tuple(talk.agent for talk in self.story.talks)
        return tuple(ring.phone for ring in self.talks)

    @property
    def answered_at(self) -> datetime | None:
        """When the first of them did."""
        if self.story:
            return self.story.talks[0].began_at.at if self.story.talks else None
        return self.talks[0].answered_at if self.talks else None


def calls(callers: Iterable[Message], phones: Iterable[Message]) -> list[TruthCall]:
    """Fold the logs of all callers and of all phones into calls, in the order they were placed."""
    placed = sorted((_call(one) for one in _dialogs(callers)), key=lambda call: call.placed_at)
    rings: list[list[Ring]] = [[] for _ in placed]
    for ring in sorted((_ring(one) for one in _dialogs(phones)), key=lambda ring: ring.rang_at):
        at = _caller_of(ring, placed)
        if at is not None:
            rings[at].append(ring)
    return [replace(call, rings=tuple(rung)) for call, rung in zip(placed, rings, strict=True)]


def _dialogs(messages: Iterable[Message]) -> list[list[Message]]:
    """Messages by Call-ID; those without an INVITE (cut logs) are left out."""
    found: dict[str, list[Message]] = {}
    for message in messages:
        found.setdefault(message.call_id, []).append(message)
    return [one for one in found.values() if any(m.method == "INVITE" for m in one)]


def _call(dialog: list[Message]) -> TruthCall:
    invite = next(m for m in dialog if m.method == "INVITE")
    end = next((m for m in dialog if m.method in {"BYE", "CANCEL"}), None)
    return TruthCall(
        number=invite.user("p-asserted-identity") or invite.user("from"),
        did=invite.dialled,
        withheld=invite.headers.get("privacy") == "id",
        placed_at=invite.at,
        network_answered_at=next((m.at for m in dialog if m.answers_invite), None),
        ended_at=end.at if end else None,
        caller_ended=bool(end and end.sent),
    )


def _ring(dialog: list[Message]) -> Ring:
    invite = next(m for m in dialog if m.method == "INVITE")
    # a phone that holds sends INVITEs of its own, whose 200 it receives
    answer = next((m for m in dialog if m.answers_invite and m.sent), None)
    end = next((m for m in dialog if m.method in {"BYE", "CANCEL"}), None)
    refusal = next((m for m in dialog if m.sent and m.status >= 400), None)  # noqa: PLR2004 -- SIP's failures begin here
    last = end or refusal
    return Ring(
        phone=invite.dialled,
        number=invite.user("p-asserted-identity") or invite.user("from"),
        rang_at=invite.at,
        answered_at=answer.at if answer else None,
        ended_at=last.at if last else None,
    )


def _caller_of(ring: Ring, placed: list[TruthCall]) -> int | None:
    """The call that a ring belongs to: the same number, living then; of several the latest. One
    that was placed later only where there is no other: of those the first."""
    lived = [
        at
        for at, call in enumerate(placed)
        if call.number == ring.number
        and call.placed_at <= ring.rang_at + BEFORE
        and (call.ended_at is None or ring.rang_at <= call.ended_at + AFTER)
    ]
    fitting = [at for at in lived if placed[at].placed_at <= ring.rang_at]
    return fitting[-1] if fitting else next(iter(lived), None)
