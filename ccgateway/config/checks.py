"""What the tables must agree on among themselves.

The checks look at the file as it was read, so that they find their faults also where the tables
have others; they pass over what is of a wrong type, which the tables' models report.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ccgateway.config import words
from ccgateway.config.fault import Path as Key
from ccgateway.config.fault import name_of, quoted
from ccgateway.config.secrets import Wrong
from ccgateway.telephony.numbers import is_country

Raw = dict[str, Any]

UNIQUE = (
    ("node", "name"),
    ("client", "id"),
    ("queue", "name"),
    ("service", "id"),
    ("agent", "id"),
    ("agent", "phone"),
)


def check(raw: Raw, folder: Path) -> Iterator[Wrong]:
    """Every disagreement in ``raw``. ``folder``: where relative paths begin."""
    for table, key in UNIQUE:
        yield from _unique([(path, text) for path, text in _texts(raw, table, key)])
    yield from _unique(list(_texts(raw, "service", "dids")))
    for number, _ in _rows(raw, "agent"):
        yield from _unique(list(_texts(raw, "agent", "queues", number)))
    yield from _unique(list(_list(raw.get("pause"), ("pause",), "reasons")))
    yield from _known(raw, ("service", "client"), ("client", "id"))
    yield from _known(raw, ("service", "queue"), ("queue", "name"))
    yield from _known(raw, ("agent", "queues"), ("queue", "name"))
    yield from _fallback(raw)
    yield from _blocked(raw)
    yield from _certificates(raw, folder)


def blocked_numbers(numbers: tuple[str, ...], country: str = "") -> frozenset[str]:
    """Checked numbers in E.164."""
    return frozenset(words.number(number, country) for number in numbers)


def _rows(raw: Raw, table: str) -> Iterator[tuple[int, Raw]]:
    rows = raw.get(table)
    if isinstance(rows, tuple):
        yield from ((number, row) for number, row in enumerate(rows) if isinstance(row, dict))


def _texts(raw: Raw, table: str, key: str, only: int | None = None) -> Iterator[tuple[Key, str]]:
    """The texts under a key in all rows of a table (or one), also those in a list there."""
    for number, row in _rows(raw, table):
        if only in (None, number):
            yield from _list(row, (table, number), key)


def _list(table: object, path: Key, key: str) -> Iterator[tuple[Key, str]]:
    value = table.get(key) if isinstance(table, dict) else None
    if isinstance(value, str):
        yield (*path, key), value
    elif isinstance(value, tuple):
        for number, item in enumerate(value):
            if isinstance(item, str):
                yield (*path, key, number), item


def _unique(texts: list[tuple[Key, str]]) -> Iterator[Wrong]:
    first: dict[str, Key] = {}
    for path, text in texts:
        if text in first:
            yield path, text, f"what stands nowhere else; {name_of(first[text])} has it already"
        first.setdefault(text, path)


def _known(raw: Raw, of: tuple[str, str], among: tuple[str, str]) -> Iterator[Wrong]:
    known = sorted({text for _, text in _texts(raw, *among)})
    for path, text in _texts(raw, *of):
        if text not in known:
            names = ", ".join(quoted(name, bare=True) for name in known) or "none is there"
            yield path, text, f"the {among[1]} of a [[{among[0]}]] ({names})"


def _fallback(raw: Raw) -> Iterator[Wrong]:
    managed = {text for _, text in _texts(raw, "queue", "name")}
    for path, text in _texts(raw, "node", "fallback_queue"):
        if text in managed:
            yield path, text, "a queue with static members, which no [[queue]] names"


def _blocked(raw: Raw) -> Iterator[Wrong]:
    for table in ("client", "service"):
        for number, row in _rows(raw, table):
            default = "US" if table == "service" else ""
            country = row.get("country", default) if table == "service" else ""
            if not isinstance(country, str) or (country and not is_country(country)):
                continue
            for path, text in _list(row, (table, number), "blocked"):
                try:
                    words.number(text, country)
                except ValueError as error:
                    yield path, text, str(error)


def _certificates(raw: Raw, folder: Path) -> Iterator[Wrong]:
    for path, text in _texts(raw, "node", "tls_ca"):
        try:
            found = not text or (folder / text).is_file()
        except (OSError, ValueError):  # too long; a NUL
            found = False
        if not found:
            yield path, text, "a file that is there"
