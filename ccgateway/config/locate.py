"""Which line of a TOML file a key stands on: tomllib does not tell.

The scanner walks text that tomllib accepts, and comes to the same keys. Where tomllib refuses a
doubled key it goes on, so that both places can be named; at anything else that is not TOML it
stops, and tells what it has.
"""

from __future__ import annotations

import re
import tomllib
from bisect import bisect_right
from contextlib import suppress
from dataclasses import dataclass, field

Path = tuple[str | int, ...]

_BLANK = re.compile(r"[ \t]*")
_BLANK_LINES = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_PART = re.compile(r"""[A-Za-z0-9_-]+|"(?:\\.|[^"\\\n])*"|'[^'\n]*'""")
_SCALAR = re.compile(r"[^,\]}#\n]+")
_TEXTS = (
    re.compile(r'"""(?:\\.|[^\\])*?"{3,5}', re.DOTALL),
    re.compile(r"'''.*?'{3,5}", re.DOTALL),
    re.compile(r'"(?:\\.|[^"\\\n])*"'),
    re.compile(r"'[^'\n]*'"),
)


@dataclass(frozen=True, slots=True)
class Doubled:
    """A key that stands twice: its path, the line of the second, the line of the first."""

    path: Path
    line: int
    first: int


@dataclass(frozen=True, slots=True)
class Lines:
    """Where the keys of a file are."""

    at: dict[Path, int] = field(default_factory=dict)
    doubled: list[Doubled] = field(default_factory=list)

    def of(self, path: Path) -> int | None:
        """The line of ``path``, or of the nearest table around it; None where there is none."""
        while path and path not in self.at:
            path = path[:-1]
        return self.at.get(path)


def locate(text: str) -> Lines:
    """The lines (from 1) of all tables, keys and list items of ``text``. Never raises."""
    scanner = _Scanner(text)
    with suppress(_Lost, RecursionError):  # no TOML from there on: tomllib tells what is wrong
        scanner.document()
    return scanner.lines


class _Lost(Exception):
    """This is not TOML."""


class _Scanner:
    def __init__(self, text: str) -> None:
        self._text = text
        self._position = 0
        self._newlines = [place.start() for place in re.finditer("\n", text)]
        self._items: dict[Path, int] = {}  # how many [[tables]] a path has so far
        self._given: set[Path] = set()  # keys and [tables] that the file itself spells out
        self.lines = Lines()

    def document(self) -> None:
        table: Path = ()
        while self._skip(_BLANK_LINES) < len(self._text):
            table = self._header() if self._sees("[") else self._pair(table)

    def _header(self) -> Path:
        line = self._line()
        array = self._sees("[[")
        self._expect("[[" if array else "[")
        *parents, last = self._key()
        self._expect("]]" if array else "]")
        path: Path = ()
        for part in parents:
            path = self._newest((*path, part))
            self.lines.at.setdefault(path, line)
        path = (*path, last)
        if array:
            self.lines.at.setdefault(path, line)
            number = self._items[path] = self._items.get(path, -1) + 1
            path = (*path, number)
        self._give(path, line)
        return path

    def _newest(self, path: Path) -> Path:
        """The newest of the [[tables]] of that name, or the path itself."""
        return (*path, self._items[path]) if path in self._items else path

    def _pair(self, table: Path) -> Path:
        line = self._line()
        path = table
        key = self._key()
        for part in key[:-1]:
            path = (*path, part)
            self.lines.at.setdefault(path, line)
        path = (*path, key[-1])
        self._expect("=")
        self._give(path, line)
        self._value(path)
        return table

    def _give(self, path: Path, line: int) -> None:
        if path in self._given:
            self.lines.doubled.append(Doubled(path, line, self.lines.at[path]))
        self._given.add(path)
        self.lines.at.setdefault(path, line)

    def _key(self) -> list[str]:
        parts = []
        while True:
            self._skip(_BLANK)
            raw = self._take(_PART)
            parts.append(_read(raw) if raw[0] in "\"'" else raw)
            self._skip(_BLANK)
            if not self._sees("."):
                return parts
            self._expect(".")

    def _value(self, path: Path) -> None:
        self._skip(_BLANK)
        if self._sees("["):
            self._list(path)
        elif self._sees("{"):
            self._inline_table(path)
        else:
            texts = [t for t in _TEXTS if t.match(self._text, self._position)]
            self._take(texts[0] if texts else _SCALAR)

    def _list(self, path: Path) -> None:
        self._expect("[")
        number = 0
        while self._skip(_BLANK_LINES) is not None and not self._sees("]"):
            self.lines.at.setdefault((*path, number), self._line())
            self._value((*path, number))
            number += 1
            self._skip(_BLANK_LINES)
            if not self._sees("]"):
                self._expect(",")
        self._expect("]")

    def _inline_table(self, path: Path) -> None:
        self._expect("{")
        self._skip(_BLANK)
        while not self._sees("}"):
            self._pair(path)
            self._skip(_BLANK)
            if not self._sees("}"):
                self._expect(",")
                self._skip(_BLANK)
        self._expect("}")

    def _line(self) -> int:
        return bisect_right(self._newlines, self._position - 1) + 1

    def _sees(self, text: str) -> bool:
        return self._text.startswith(text, self._position)

    def _expect(self, text: str) -> None:
        if not self._sees(text):
            raise _Lost
        self._position += len(text)

    def _skip(self, blank: re.Pattern[str]) -> int:
        found = blank.match(self._text, self._position)
        self._position = found.end() if found else self._position
        return self._position

    def _take(self, what: re.Pattern[str]) -> str:
        found = what.match(self._text, self._position)
        if not found:
            raise _Lost
        self._position = found.end()
        return found[0]


def _read(raw: str) -> str:
    """A quoted key without its quotes and escapes, by tomllib's own rules."""
    try:
        return str(tomllib.loads(f"key = {raw}")["key"])
    except tomllib.TOMLDecodeError as error:
        raise _Lost from error
