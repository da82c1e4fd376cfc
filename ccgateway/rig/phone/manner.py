"""What a phone does by itself when it is rung."""

from __future__ import annotations

from dataclasses import dataclass

PHRASES = {
    302: "Moved Temporarily",
    404: "Not Found", 408: "Request Timeout", 480: "Temporarily Unavailable", 486: "Busy Here",
    487: "Request Terminated", 488: "Not Acceptable Here", 500: "Server Internal Error",
    503: "Service Unavailable", 603: "Decline", 606: "Not Acceptable",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Manner:
    """Times in seconds; None: never. ``hangs_up_after`` counts from the answer."""

    silent: bool = False  # no reply at all, as one who is not there
    refuses: int = 0  # the status; 0: it rings
    forwards_to: str = ""  # a number, by 302
    answers_after: float | None = None
    hangs_up_after: float | None = None


RINGS = Manner()
"""180, and then the script answers (or nobody does)."""

SILENT = Manner(silent=True)
BUSY = Manner(refuses=486)
DECLINES = Manner(refuses=603)
AWAY = Manner(refuses=480)
UNKNOWN = Manner(refuses=404)


def answers(after: float = 0.0, *, hangs_up_after: float | None = None) -> Manner:
    """Answers after so many seconds of ringing."""
    return Manner(answers_after=after, hangs_up_after=hangs_up_after)


def forwards(number: str) -> Manner:
    """Sends every caller on to this number, at once."""
    return Manner(refuses=302, forwards_to=number)


def refuses(status: int) -> Manner:
    """Refuses at once, with this status."""
    return Manner(refuses=status)
