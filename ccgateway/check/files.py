"""Asterisk's files as such: can they be read, as Asterisk reads them."""

from __future__ import annotations

from collections.abc import Iterator

from ccgateway.check.finding import Mend, Problem, warning
from ccgateway.check.system import PRIVATE, Pbx, Unread
from ccgateway.conffile import Place
from ccgateway.config import Config


def files_read(pbx: Pbx, config: Config) -> Iterator[Problem]:
    """A line that Asterisk does not understand is passed over with a warning in its log, or makes
    it refuse the whole file; either way something that you wrote does not count. What a script
    writes (#exec) cannot be seen from here."""
    for name, unread in sorted(pbx.conf.unread.items()):
        mend = _mend(unread, unread.place, private=name in PRIVATE) if unread.place else None
        yield warning(f"{name}: {unread.why}", mend)


def _mend(unread: Unread, place: Place, *, private: bool) -> Mend | None:
    """The line as a comment. None for an #exec, which Asterisk may well run."""
    text = place.file.read_text("utf-8", errors="surrogateescape").split("\n")
    line = text[place.line - 1]
    if line.lstrip().lower().startswith("#exec"):
        return None
    if unread.why.endswith("has no end --;"):  # all that it hides today stays hidden
        return Mend(("--;",), place.file)
    # with a blank: ;-- begins a comment of many lines
    return Mend((f"; {line}",), place.file, place.line, secret=line if private else "")
