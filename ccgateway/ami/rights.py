"""What our AMI user may do. Asterisk tells nobody that a right is missing: an action is refused,
or events just never come. So the rights are found out, and named with the line to write.

Write rights: ListCommands lists exactly the actions that this user may use. Read rights show by
their events only: ``system`` by FullyBooted, ``call`` by the OriginateResponse of an Originate that
cannot create a channel, ``agent`` by the QueueMember event that follows a change of a member,
``user`` by the CCGInbound that our dialplan says before anything else. (Each event names its class
in ``Privilege``.)
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from ccgateway.ami.decode import AmiEvent
from ccgateway.ami.framing import Headers
from ccgateway.telephony.ids import born, is_local

READ = "system,call,agent,user,reporting,dtmf,cdr"
WRITE = "call,agent,originate,reporting"

_NEEDED_TO = {  # action: the right of write that allows it
    "Setvar": "call",
    "QueueAdd": "agent",
    "Originate": "originate",
    "CoreShowChannels": "reporting",
}

PROBE: Headers = [
    ("Action", "Originate"),
    # No such channel technology exists: Asterisk creates no channel, writes no CDR, and says
    # OriginateResponse: Failure, an event of class call.
    ("Channel", "CCG/rights-probe"),
    ("Application", "NoOp"),
    ("Async", "true"),
]
# Whoever is in one of these said CCGInbound, or another user event, on his way. Agents who dial a
# code are in contexts of ours, too, and say nothing.
_BEHIND_THE_DOOR = frozenset(
    {"ccg-inbound", "ccg-route", "ccg-queue", "ccg-message", "ccg-fallback"}
)


def missing_write(commands: Collection[str]) -> set[str]:
    """The missing rights, from the header names of the reply to ListCommands."""
    return {f"write {right}" for action, right in _NEEDED_TO.items() if action not in commands}


def advice(username: str, missing: Collection[str]) -> str:
    """What the administrator should write, to the letter."""
    lines = []
    if any(right.startswith("read ") for right in missing):
        lines.append(f"read = {READ}")
    if any(right.startswith("write ") for right in missing):
        lines.append(f"write = {WRITE}")
    return (
        f"manager.conf, section [{username}]: {'; '.join(lines)}  (then `manager reload` in "
        "Asterisk's CLI)"
    )


class ReadWatch:
    """Learns from the events of one connection which classes of events we are given."""

    def __init__(self) -> None:
        self.proven: set[str] = set()
        self._since: datetime | None = None

    def hear(self, event: AmiEvent) -> bool:
        """Take an event; true where it proves that ``read user`` is missing: a caller who came
        after us left from behind our door, and no user event was ever heard."""
        if event.name != "FullyBooted":  # it has our clock's time; births have Asterisk's
            self._since = self._since or event.at
        # Privilege: call,all
        self.proven.add(event.headers.get("Privilege", "").partition(",")[0])
        return event.name == "Hangup" and "user" not in self.proven and self._came_by_us(event)

    def _came_by_us(self, event: AmiEvent) -> bool:
        context = event.headers.get("Context", "")
        birth = born(event.headers.get("Uniqueid", ""))
        return (
            context in _BEHIND_THE_DOOR
            and not is_local(event.headers.get("Channel", ""))
            and birth is not None
            and self._since is not None
            and birth > self._since
        )
