"""A service: what a client offers on its numbers (DIDs), when, and by which queue."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, time
from enum import StrEnum
from zoneinfo import ZoneInfo


class Overflow(StrEnum):
    """What becomes of a caller whom the queue does not take, or who waited too long."""

    MESSAGE = "message"
    FALLBACK = "fallback"


@dataclass(frozen=True, slots=True)
class Hours:
    """Open on these weekdays (Monday is 0) from ``opens`` up to, not including, ``closes``,
    in the service's time zone. ``closes`` of 00:00 is the end of the day."""

    days: frozenset[int]
    opens: time
    closes: time


@dataclass(frozen=True, slots=True)
class Messages:
    """Sound files, as Playback names them (no ending)."""

    greeting: str = ""
    closed: str = "ccg/closed"
    full: str = "ccg/full"
    nobody: str = "ccg/nobody"
    blocked: str = "ccg/blocked"


@dataclass(frozen=True, slots=True)
class Service:
    """One service of one client. ``hours`` empty: always open. ``wait_limit`` in seconds."""

    id: str
    client: str
    name: str
    dids: tuple[str, ...]
    queue: str
    timezone: ZoneInfo
    country: str = "US"
    hours: tuple[Hours, ...] = ()
    holidays: dict[date, str] = field(default_factory=dict)
    language: str = "en"
    priority: int = 0
    wait_limit: int = 600
    overflow: Overflow = Overflow.MESSAGE
    accept_anonymous: bool = True
    blocked: frozenset[str] = frozenset()
    messages: Messages = Messages()
