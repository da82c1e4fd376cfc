"""A fault of the configuration: where, what was found, what is allowed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ccgateway.errors import ConfigError
from ccgateway.log import plain

LONGEST_SHOWN = 80
"""Characters of a wrong value that a message shows."""

Path = tuple[str | int, ...]
"""Where a value stands: ``("service", 0, "wait_limit")``."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One wrong thing. ``line`` counts from 1; None where the file has no line for it."""

    file: str
    line: int | None
    key: str
    found: str
    allowed: str

    def __str__(self) -> str:
        place = self.file if self.line is None else f"{self.file}:{self.line}"
        return f"{place}: {self.key}: found {self.found}, allowed: {self.allowed}"


class FaultyConfig(ConfigError):
    """The configuration is wrong. ``faults`` has every fault; the message a line for each."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        self.faults = list(faults)
        super().__init__("\n".join(map(str, self.faults)))


def name_of(path: Path) -> str:
    """``("service", 0, "wait_limit")`` as ``service[0].wait_limit``."""
    name = ""
    for part in path:
        name += f"[{part}]" if isinstance(part, int) else f".{quoted(part, bare=True)}"
    return name.removeprefix(".")


def quoted(text: str, *, bare: bool = False) -> str:
    """``text`` in quotes (or none, ``bare``), on one line, harmless to a terminal, not too long."""
    shown = plain(text)
    if len(shown) > LONGEST_SHOWN:
        shown = f"{shown[:LONGEST_SHOWN]}… ({len(text)} characters)"
    return shown if bare else f'"{shown}"'


def shown(value: object) -> str:
    """A wrong value as a message shows it."""
    match value:
        case str():
            return quoted(value)
        case bool():
            return str(value).lower()
        case dict():
            return "a table"
        case list() | tuple():
            return "a list" if value else "an empty list"
        case _:
            return quoted(str(value), bare=True)
