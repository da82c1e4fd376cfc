"""What happened at a phone, on the wire, and when: the truth that the record is held against."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum


class What(StrEnum):
    """Kinds of moments. SENT and RECEIVED are as the phone sees it."""

    REGISTERED = "registered"
    UNREGISTERED = "unregistered"
    INVITE_SENT = "invite sent"
    INVITE_RECEIVED = "invite received"
    RINGING_SENT = "ringing sent"
    PROGRESS_RECEIVED = "progress received"  # detail: 180 or 183
    ANSWER_SENT = "answer sent"  # our 200
    ANSWER_RECEIVED = "answer received"  # the other side's 200; we acknowledge it at once
    ACK_RECEIVED = "ack received"
    REFUSAL_SENT = "refusal sent"  # detail: status
    REFUSAL_RECEIVED = "refusal received"  # detail: status and phrase
    CANCEL_SENT = "cancel sent"
    CANCEL_RECEIVED = "cancel received"  # detail: its Reason
    BYE_SENT = "bye sent"
    BYE_RECEIVED = "bye received"  # detail: its Reason
    HOLD_SENT = "hold sent"  # detail: direction
    RESUME_SENT = "resume sent"
    REINVITE_RECEIVED = "re-invite received"  # detail: direction
    UPDATE_RECEIVED = "update received"
    DISPLAY_CHANGED = "display changed"  # detail: name <number>
    REFER_SENT = "refer sent"  # detail: Refer-To
    REFER_PROGRESS = "refer progress"  # detail: the status line of the NOTIFY
    KEY_SENT = "key sent"  # detail: key; the time of its first packet
    KEY_RECEIVED = "key received"  # the same


@dataclass(frozen=True, slots=True)
class Moment:
    """One moment. ``at`` is aware UTC; ``call`` the SIP Call-ID, '' outside calls."""

    at: datetime
    what: What
    call: str = ""
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Heard:
    """Who (or SOUND) was heard without a break, exact to a tenth of a second."""

    who: str
    since: datetime
    until: datetime


def now() -> datetime:
    """The time of day, aware UTC."""
    return datetime.now(UTC)
