"""One phone's part in a call, as its own log and ear tell it. Times are aware UTC."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from ccgateway.rig.phone.call import Call
from ccgateway.rig.phone.media import KEY_PACKETS
from ccgateway.rig.phone.outgoing import OutgoingCall
from ccgateway.rig.phone.rtp import PTIME
from ccgateway.rig.phone.story import Moment, What
from ccgateway.rig.voices import Span, spans

PRESS = timedelta(seconds=KEY_PACKETS * PTIME)
"""A key's log has its first packet; the PBX acts when the key is released."""

_USER = re.compile(r"sips?:([^@;>]*)@")


@dataclass(frozen=True, slots=True)
class Code:
    """Keys that belong together (``*22``), and when the last one was released."""

    at: datetime
    keys: str


@dataclass(frozen=True, slots=True)
class Refer:
    """The transfer button: to an extension, or (``replaces``) to the phone's other call."""

    at: datetime
    to: str
    replaces: bool


@dataclass(frozen=True, slots=True)
class Pause:
    """A hold by the phone's button; ``ended_at`` is None where nobody was taken back."""

    began_at: datetime
    ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class Part:
    """One dialog of one phone. ``placed``: the phone began it, else it was rung. ``heard``: when
    the customer's voice was in its ear."""

    phone: str
    placed: bool
    dialled: str
    at: datetime
    answered_at: datetime | None = None
    ended_at: datetime | None = None
    ended_here: bool = False
    status: int = 0
    codes: tuple[Code, ...] = ()
    refers: tuple[Refer, ...] = ()
    holds: tuple[Pause, ...] = ()
    heard: tuple[Span, ...] = ()


def part_of(call: Call, hertz: int) -> Part:
    """A phone's call as a part; ``hertz``: the customer's voice."""
    log = call.log
    return Part(
        phone=call.line.user,
        placed=isinstance(call, OutgoingCall),
        dialled=call.number if isinstance(call, OutgoingCall) else call.line.user,
        at=call.begun_at,
        answered_at=call.answered_at,
        ended_at=call.over_at,
        ended_here=call.ended_by_us,
        status=call.status,
        codes=tuple(_codes(log)),
        refers=tuple(_refers(log)),
        holds=tuple(_holds(log)),
        heard=tuple(spans(call.media.ear.packets, hertz)),
    )


def _codes(log: Iterable[Moment]) -> list[Code]:
    """Every code begins with a star."""
    found: list[Code] = []
    for moment in log:
        if moment.what is not What.KEY_SENT:
            continue
        before = "" if moment.detail == "*" or not found else found.pop().keys
        found.append(Code(moment.at + PRESS, before + moment.detail))
    return found


def _refers(log: Iterable[Moment]) -> list[Refer]:
    found = []
    for moment in log:
        if moment.what is What.REFER_SENT:
            user = _USER.search(moment.detail)
            found.append(Refer(moment.at, user[1] if user else "", "Replaces" in moment.detail))
    return found


def _holds(log: Iterable[Moment]) -> list[Pause]:
    found: list[Pause] = []
    for moment in log:
        if moment.what is What.HOLD_SENT:
            found.append(Pause(moment.at, None))
        elif moment.what is What.RESUME_SENT and found:
            found[-1] = Pause(found[-1].began_at, moment.at)
    return found
