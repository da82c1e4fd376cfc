"""The rows and texts of a file as it was read, whatever is wrong with the rest of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ccgateway.config.fault import Path as Key
from ccgateway.config.fault import name_of, quoted
from ccgateway.config.secrets import Wrong

Raw = dict[str, Any]
Texts = list[tuple[Key, str]]


def rows(raw: Raw, table: str, within: Key = ()) -> Iterator[tuple[Key, Raw]]:
    """The tables ``[[table]]`` of ``raw``, which stands at ``within``, with their places."""
    found = raw.get(table)
    if isinstance(found, tuple):
        for number, row in enumerate(found):
            if isinstance(row, dict):
                yield (*within, table, number), row


def texts(raw: Raw, table: str, key: str, within: Key = ()) -> Texts:
    """The texts under a key in all rows of a table, also those in a list there."""
    return [text for path, row in rows(raw, table, within) for text in texts_in(row, path, key)]


def texts_in(table: object, path: Key, key: str) -> Texts:
    """The text under a key of one table, or those in a list there."""
    value = table.get(key) if isinstance(table, dict) else None
    if isinstance(value, str):
        return [((*path, key), value)]
    items = enumerate(value) if isinstance(value, tuple) else ()
    return [((*path, key, number), item) for number, item in items if isinstance(item, str)]


def unique(found: list[tuple[Key, str]] | list[tuple[Key, int]]) -> Iterator[Wrong]:
    """Those that stand twice."""
    first: dict[str | int, Key] = {}
    for path, value in found:
        if value in first:
            yield path, value, f"what stands nowhere else; {name_of(first[value])} has it already"
        first.setdefault(value, path)


def known(named: Texts, there: Texts, kind: str) -> Iterator[Wrong]:
    """Those of ``named`` that are not ``there``; ``kind`` is what they should be."""
    names = sorted({text for _, text in there})
    for path, text in named:
        if text not in names:
            shown = ", ".join(quoted(name, bare=True) for name in names) or "none is there"
            yield path, text, f"{kind} ({shown})"
