"""The terminal: what comes from callers, customers and other machines does nothing to it."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable
from io import TextIOWrapper

from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment

from ccgateway.log import plain

_ACTS_ON_TERMINALS = re.compile("[\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")
"""What JSON allows in its texts, and a terminal obeys: C1 controls, and marks of direction."""


class Terminal(Console):
    """A console that reads no markup and no emoji codes, and writes control characters out, by
    whichever way they come: rich lets escape sequences within a text pass."""

    def __init__(
        self, *, stderr: bool = False, width: int | None = None, highlight: bool = True
    ) -> None:
        super().__init__(stderr=stderr, width=width, highlight=highlight, markup=False, emoji=False)

    def render(
        self, renderable: RenderableType, options: ConsoleOptions | None = None
    ) -> Iterable[Segment]:
        """What is to be written, piece by piece; what lays out calls it for its parts, too."""
        for piece in super().render(renderable, options):
            if piece.control:  # rich's own: how it moves the cursor
                yield piece
            else:
                lines = map(plain, piece.text.split("\n"))
                yield Segment("\n".join(lines), piece.style)


def harmless(json: str) -> str:
    """The same JSON; what acts on a terminal is written as \\u...: it can stand in texts only."""
    return _ACTS_ON_TERMINALS.sub(lambda found: f"\\u{ord(found[0]):04x}", json)


def say_what_can_be_said() -> None:
    """A terminal whose encoding lacks a character of a caller's name shows it as \\u...; by
    themselves stdout and stderr would fail."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
