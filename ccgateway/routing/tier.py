"""Where a call can be escalated to: tiers, topics and outside numbers of a service. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from ccgateway.routing.week import Hours

BACK = "back"
FIRST = "first"
NEXT = "next"
"""Ways that are no target's name: to the line before, to first line, to the next line up."""


@dataclass(frozen=True, slots=True)
class OnCall:
    """An outside number (E.164), and when it is on call; no hours: always."""

    number: str
    hours: tuple[Hours, ...] = ()


@dataclass(frozen=True, slots=True)
class Target:
    """One place to escalate to: a queue of a higher line, or outside numbers by time. ``digit``
    is what agents press (2 to 9); ``limit`` how long the caller waits there, in seconds;
    ``then``: BACK (to the agent who escalated, else first line), FIRST, or another target's name.
    """

    name: str
    digit: int
    tier: int
    queue: str = ""
    on_call: tuple[OnCall, ...] = ()
    limit: int = 30
    then: str = BACK
    priority: int = 10
    whisper: str = ""  # a sound file that the agent hears before the caller
