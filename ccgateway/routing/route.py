"""A route: the answer to "where shall this caller go?", with the reasons for the why-log."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from ccgateway.customers.customer import Customer

__all__ = ["Customer", "Goal", "Inbound", "Reason", "Route"]


class Goal(StrEnum):
    """Where the dialplan goes on; the value is what CCG_ACTION carries."""

    QUEUE = "queue"
    MESSAGE = "message"
    FALLBACK = "fallback"


@dataclass(frozen=True, slots=True)
class Inbound:
    """A call at our door. ``did`` and ``number`` as the PBX gave them; ``withheld``: the caller
    asked not to be shown (RFC 3323), the number, if any, is the network's word."""

    node: str
    uniqueid: str
    channel: str
    did: str
    number: str
    name: str
    withheld: bool
    at: datetime


@dataclass(frozen=True, slots=True)
class Reason:
    """One look of the decision: which rule, on what inputs, what it said."""

    rule: str
    inputs: str
    verdict: str


@dataclass(frozen=True, slots=True)
class Route:
    """Where a call goes. Sound files are '' where nothing is to be played."""

    goal: Goal
    service: str = ""
    client: str = ""
    queue: str = ""
    priority: int = 0
    language: str = ""
    greeting: str = ""
    message: str = ""  # what a MESSAGE route plays
    message_kind: str = ""  # closed | blocked
    full_message: str = ""  # played when the queue is full, or the wait limit is over
    nobody_message: str = ""  # played when nobody is logged in
    overflow: str = "message"  # message | fallback | a target's digit
    wait_limit: int = 600
    number: str = ""  # the caller in E.164, '' where unknown
    withheld: bool = False
    customer: int | None = None
    case: int | None = None  # the number that people say
    display: str = ""  # what agents' phones show: case and name, harmless characters only
    reasons: tuple[Reason, ...] = ()
