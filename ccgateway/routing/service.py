"""A service: what a client offers on its numbers (DIDs), when, and by which queue."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from zoneinfo import ZoneInfo

from ccgateway.routing.tier import Target
from ccgateway.routing.week import Hours

ANYWHERE = "*"
"""In ``countries``: every country may be called."""


MESSAGE = "message"
FALLBACK = "fallback"
"""What becomes of a caller whom the queue does not take, or who waited too long; or the name of a
target, where he goes then."""


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
    """One service of one client. ``hours`` empty: always open. ``wait_limit`` in seconds;
    ``overflow``: MESSAGE, FALLBACK or a target's name. ``blocked``: as ``blocked.blocks`` reads it.

    ``own_numbers`` (E.164) are the caller IDs of outgoing calls, the first unless another is asked
    for; ``outbound_prefix`` (two digits, '' for none) is how an agent chooses the service on the
    phone.
    ``countries`` (ISO 3166) may be called: none given is the service's own, ANYWHERE is any.
    """

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
    overflow: str = MESSAGE
    accept_anonymous: bool = True
    blocked: frozenset[str] = frozenset()
    messages: Messages = Messages()
    targets: tuple[Target, ...] = ()
    own_numbers: tuple[str, ...] = ()
    outbound_prefix: str = ""
    allow_premium: bool = False
    countries: tuple[str, ...] = ()
