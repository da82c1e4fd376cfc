"""An agent and what they are doing. Our state is the master; Asterisk's is reconciled with it.

Two things are told apart: the *duty*, which the agent chooses (off, ready, paused), and the
*activity*, which calls bring about (idle, ringing, talking). An agent may ask for a pause while
talking; what is shown is the activity, then the duty.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from ccgateway.errors import Refused


class Duty(StrEnum):
    OFF = "off"
    READY = "ready"
    PAUSED = "paused"


class Activity(StrEnum):
    IDLE = "idle"
    RINGING = "ringing"
    TALKING = "talking"


class Verb(StrEnum):
    """What an agent may ask for, by feature code, CLI or API."""

    LOGIN = "login"
    LOGOUT = "logout"
    PAUSE = "pause"
    READY = "ready"


TRANSITIONS: Mapping[tuple[Duty, Verb], Duty] = {
    (Duty.OFF, Verb.LOGIN): Duty.READY,
    (Duty.READY, Verb.LOGIN): Duty.READY,
    (Duty.READY, Verb.LOGOUT): Duty.OFF,
    (Duty.READY, Verb.PAUSE): Duty.PAUSED,
    (Duty.READY, Verb.READY): Duty.READY,
    (Duty.PAUSED, Verb.LOGIN): Duty.READY,
    (Duty.PAUSED, Verb.LOGOUT): Duty.OFF,
    (Duty.PAUSED, Verb.PAUSE): Duty.PAUSED,
    (Duty.PAUSED, Verb.READY): Duty.READY,
}
"""What is not here is refused, and changes nothing: who is off can only log in."""


@dataclass(frozen=True, slots=True)
class Agent:
    """One agent. ``since`` is when what is shown (``state``) began; ``call_id`` the call."""

    id: str
    name: str
    phone: str
    queues: tuple[str, ...]
    since: datetime
    penalty: int = 0
    auto_answer: bool = False  # the phone knows the headers that make it answer by itself
    duty: Duty = Duty.OFF
    reason: str = ""
    activity: Activity = Activity.IDLE
    call_id: str = ""

    @property
    def state(self) -> str:
        """What is shown: off, ready, paused, ringing or talking."""
        busy = self.activity is not Activity.IDLE
        return self.activity.value if busy else self.duty.value

    def ask(self, verb: Verb, now: datetime, reason: str = "") -> Agent:
        """The agent after ``verb``. Raises Refused where the table has no such transition."""
        duty = TRANSITIONS.get((self.duty, verb))
        if duty is None:
            raise Refused(f"agent {self.id} is not logged in: log in first")
        kept = reason if duty is Duty.PAUSED else ""
        if duty is self.duty and kept == self.reason:
            return self
        return self._shown(replace(self, duty=duty, reason=kept), now)

    def turn(self, activity: Activity, now: datetime, call_id: str = "") -> Agent:
        """The agent when a call rings, is answered, or leaves them."""
        if activity is self.activity and call_id == self.call_id:
            return self
        return self._shown(replace(self, activity=activity, call_id=call_id), now)

    def _shown(self, after: Agent, now: datetime) -> Agent:
        changed = (after.state, after.reason) != (self.state, self.reason)
        return replace(after, since=now) if changed else after
