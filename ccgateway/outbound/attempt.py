"""An attempt: one call that we place. It is stored before it is sent, and never sent twice."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID


class Stage(StrEnum):
    """How far an attempt is."""

    STORED = "stored"  # its row is committed; Asterisk has not been asked
    SENT = "sent"  # Asterisk was asked
    RINGING_AGENT = "ringing_agent"
    AGENT_ANSWERED = "agent_answered"
    RINGING = "ringing"  # at the customer's
    ANSWERED = "answered"  # by the customer
    ENDED = "ended"


class End(StrEnum):
    """How it ended; NONE while it goes on."""

    NONE = ""
    TALKED = "talked"
    BUSY = "busy"
    NO_ANSWER = "no_answer"
    REJECTED = "rejected"
    UNREACHABLE = "unreachable"
    AGENT_BUSY = "agent_busy"
    AGENT_NO_ANSWER = "agent_no_answer"
    AGENT_REJECTED = "agent_rejected"
    AGENT_UNREACHABLE = "agent_unreachable"
    CANCELLED = "cancelled"  # the agent hung up before the customer answered
    NOT_SENT = "not_sent"  # the link was down, or PostgreSQL was, before Asterisk was asked
    LOST = "lost"  # asked, the link was cut, and the PBX does not have it (any more)
    FAILED = "failed"  # Asterisk refused it


@dataclass(frozen=True, slots=True)
class Attempt:
    """``id`` is ActionID and ChannelId, and tells its time as Asterisk's uniqueids do. Numbers are
    E.164; ``cause`` is Q.850, ``sip`` the final response ("486 Busy Here"), where one is known."""

    id: str
    key: str  # the Idempotency-Key it came with, '' without
    node: str
    client: str
    service: str
    agent: str
    number: str
    caller_id: str
    by: str  # api or cli
    requested_at: datetime
    stage: Stage = Stage.STORED
    end: End = End.NONE
    cause: int | None = None
    sip: str = ""
    agent_answered_at: datetime | None = None
    ringing_at: datetime | None = None
    answered_at: datetime | None = None
    ended_at: datetime | None = None
    call_id: UUID | None = None
