"""What a check says: how bad, what, why it matters, and the very line that mends it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

HIDDEN = "********"


class Severity(StrEnum):
    """How bad it is."""

    OK = "ok"
    WARNING = "warning"  # it works, and is not as it should be
    FAULT = "fault"  # something does not work
    UNKNOWN = "unknown"  # it could not be seen; ``what`` says why


@dataclass(frozen=True, slots=True)
class Mend:
    """Lines to write, or commands to run. ``replaces``: the number of the line of ``file`` that
    they stand in place of, None where they go to the file's end; ``file`` None: commands of a
    shell. ``then``: the command by which Asterisk reads the file again. ``secret``: the lines hold
    a secret, which is shown only to who asks for it."""

    lines: tuple[str, ...]
    file: Path | None = None
    replaces: int | None = None
    then: str = ""
    secret: str = ""

    def shown(self, *, secrets: bool) -> tuple[str, ...]:
        """The lines as they may be printed."""
        if secrets or not self.secret:
            return self.lines
        return tuple(line.replace(self.secret, HIDDEN) for line in self.lines)

    @property
    def place(self) -> str:
        """Where the lines go, in words."""
        if self.file is None:
            return "run"
        if self.replaces is None:
            return f"add at the end of {self.file}"
        return f"in place of line {self.replaces} of {self.file} write"


@dataclass(frozen=True, slots=True)
class Problem:
    """What one check found wrong. ``away``: it cannot be reached, which is no wrong setting."""

    what: str
    mend: Mend | None = None
    severity: Severity = Severity.FAULT
    away: bool = False


@dataclass(frozen=True, slots=True)
class Finding:
    """The result of one check; ``node`` is '' where it is not about one Asterisk."""

    name: str
    severity: Severity
    what: str
    why: str
    mend: Mend | None = None
    node: str = ""
    away: bool = False


class Unseen(Exception):
    """What a check looks at could not be seen; the message says why."""


def warning(what: str, mend: Mend | None = None) -> Problem:
    """It works, and is not as it should be."""
    return Problem(what, mend, Severity.WARNING)


def command(*lines: str) -> Mend:
    """Commands of a shell."""
    return Mend(lines)
