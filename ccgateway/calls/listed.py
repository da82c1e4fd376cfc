"""Calls in lists, and what a list may be narrowed by."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from ccgateway.access.who import Scope
from ccgateway.calls.call import Direction, Disposition, Known


@dataclass(frozen=True, slots=True)
class ListedCall:
    """One line of the list of calls. Times are aware UTC. ``wait_seconds`` is None where the
    caller was in no queue, ``talk_seconds`` where nobody talked; what goes on counts up to now.
    ``path``: the names of the topics and tiers that it was passed on to, in order."""

    call_id: UUID
    node: str
    client: str
    service: str
    did: str
    direction: Direction
    withheld: bool
    customer: int | None
    started_at: datetime
    answered_at: datetime | None
    ended_at: datetime | None
    disposition: Disposition
    known: Known
    fell_back: str
    caller_number: str
    caller_name: str
    queues: tuple[str, ...]
    wait_seconds: float | None
    agents: tuple[str, ...]
    talk_seconds: float | None
    case: int | None
    topic: str
    path: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Search:
    """Which calls; None is no limit. ``since`` and ``before``: started at or after, and before.
    ``queue``: the call was in it; ``agent``: talked in it. ``number``: the caller's (of a call to
    the outside: whom it went to) as it is stored, E.164 where it could be told; who withheld it is
    not found by it. ``ids``: these calls only. ``after``: start and id of a call; those that come
    after it in the list, which has the newest first. ``scope``: what the one who asks may see."""

    since: datetime | None = None
    before: datetime | None = None
    client: str | None = None
    service: str | None = None
    queue: str | None = None
    agent: str | None = None
    disposition: Disposition | None = None
    direction: Direction | None = None
    number: str | None = None
    case: int | None = None
    ids: frozenset[UUID] | None = None
    after: tuple[datetime, UUID] | None = None
    scope: Scope = field(default_factory=Scope)
