"""What only the administrator knows of his Asterisk: where callers come in, where phones dial.

It is kept beside our files, so that the next ``ccgateway init`` need not be told again.
"""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass
from pathlib import Path

from ccgateway.config import words
from ccgateway.guest.fault import GuestFault

FILE = "init.json"

_CONTEXT = re.compile(r"[A-Za-z0-9_-]{1,79}")  # 79: AST_MAX_CONTEXT
_TRUNK = re.compile(r"[A-Za-z0-9_]+/[A-Za-z0-9_@.:/-]*NUMBER[A-Za-z0-9_@.:/-]*")


@dataclass(frozen=True, slots=True)
class Answers:
    """``trunk_context``: where callers arrive; ``phones_context``: where agents' phones dial;
    ``trunk``: how the outside is dialled, with the word NUMBER in it; ``fallback``: phones that
    are static members of the fallback queue. Empty: not said, or none."""

    trunk_context: str = ""
    phones_context: str = ""
    trunk: str = ""
    fallback: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for name in ("trunk_context", "phones_context"):
            value = getattr(self, name)
            if value and not _CONTEXT.fullmatch(value):
                raise GuestFault(f"{_option(name)}: found {value!r}, wanted a context's name")
        if self.trunk and not _TRUNK.fullmatch(self.trunk):
            raise GuestFault(
                f"--trunk: found {self.trunk!r}, wanted how Dial() reaches the outside, with the "
                f"word NUMBER in it, as PJSIP/NUMBER@trunk"
            )
        for phone in self.fallback:
            checked_phone("--fallback", phone)


def checked_phone(option: str, phone: str) -> str:
    """``PJSIP/101``. Raises GuestFault."""
    try:
        return words.phone(phone)
    except ValueError as error:
        raise GuestFault(f"{option}: found {phone!r}, wanted {error}") from None


def merged(first: Answers, then: Answers) -> Answers:
    """What ``first`` says, and where it says nothing, ``then``."""
    return Answers(
        first.trunk_context or then.trunk_context,
        first.phones_context or then.phones_context,
        first.trunk or then.trunk,
        first.fallback or then.fallback,
    )


def read_answers(ours: Path) -> Answers:
    """What is kept in our folder; nothing, where nothing is. Raises GuestFault."""
    file = ours / FILE
    if not file.exists():
        return Answers()
    try:
        said = json.loads(file.read_text("utf-8"))
        return Answers(
            str(said["trunk_context"]),
            str(said["phones_context"]),
            str(said["trunk"]),
            tuple(map(str, said["fallback"])),
        )
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise GuestFault(
            f"{file}: cannot be read ({error}); delete it, and say it all again: ccgateway init "
            f"--help"
        ) from error


def written_answers(answers: Answers) -> str:
    """The text of the file."""
    return json.dumps(asdict(answers), indent=2) + "\n"


def _option(name: str) -> str:
    return f"--{name.replace('_', '-')}"
