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
    hung_up: bool = False  # the phone itself ended the talk


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
    asked_at: datetime | None = None  # of a click: from then on its agent may be rung at any time

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
    return joined(placed(callers), rung(phones))


def placed(callers: Iterable[Message]) -> list[TruthCall]:
    """The calls as callers alone saw them."""
    return [_call(one) for one in _dialogs(callers)]


def rung(phones: Iterable[Message]) -> list[Ring]:
    """All ringing of phones."""
    return [_ring(one) for one in _dialogs(phones)]


def joined(calls: Iterable[TruthCall], rings: Iterable[Ring]) -> list[TruthCall]:
    """The calls with the rings that belong to them, in the order they were placed."""
    in_order = sorted(calls, key=lambda call: call.placed_at)
    by_number: dict[str, list[tuple[TruthCall, list[Ring]]]] = {}
    pairs: list[tuple[TruthCall, list[Ring]]] = [(call, []) for call in in_order]
    for pair in pairs:
        by_number.setdefault(pair[0].number, []).append(pair)
    for ring in sorted(rings, key=lambda ring: ring.rang_at):
        own = by_number.get(ring.number, [])
        at = _caller_of(ring, [call for call, _ in own])
        if at is not None:
            own[at][1].append(ring)
    return [replace(call, rings=tuple(rung)) for call, rung in pairs]


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
        hung_up=bool(end and end.method == "BYE" and end.sent),
    )


def _caller_of(ring: Ring, placed: list[TruthCall]) -> int | None:
    """Which of a number's calls a ring belongs to: the one living then; of several the latest. One
    that was placed later only where there is no other: of those the first."""
    lived = [
        at
        for at, call in enumerate(placed)
        if call.placed_at <= ring.rang_at + BEFORE
        and (call.ended_at is None or ring.rang_at <= call.ended_at + AFTER)
    ]
    fitting = [at for at in lived if placed[at].placed_at <= ring.rang_at]
    return fitting[-1] if fitting else next(iter(lived), None)
