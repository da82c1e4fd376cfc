"""Bytes of a journal -> whole records. Pure.

What is read may end in the middle of a record, and hold what is none: Asterisk's disk was full,
its machine lost power, somebody cut the file. Such a record is counted as odd, and the next one is
found again.
"""

from __future__ import annotations

import csv
import re
from typing import NamedTuple

from ccgateway.telephony.facts import Fact

LONGEST_RECORD = 65_536
"""Bytes. The longest that Asterisk can write are some 10 kB: a channel's texts have 80 bytes, and
what a dialplan tells 8 kB at most. What is longer has lost its end, and is waited for no more."""

_CEL_BEGINS = re.compile(rb'(?:\A|(?<=\n))\0*(?="\d)')
"""A line break, a quote and a digit: a record's time. No text of a caller's can look like it: a
quote inside a value is written twice, and what closes a value is followed by a comma or a line
break."""

_CEL_AGAIN = re.compile(
    r'"(?:\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d|\d{8}T\d{6}|\d{9,11}\.\d)[^",]*(?=","[A-Za-z])'
)
"""A record's time and its event's name in the middle of a line: the end of what is before it was
never written. (A quote inside a value is written twice: so no caller's text can look like this.)"""

_FILLING = b"\0\r\n"
"""NULs are what a file is filled up with whose length outlived its text, when power was lost."""


class Split(NamedTuple):
    """Whole records, without their line breaks; how many bytes were ``used`` for them, the odd ones
    included; and how many were ``odd``. What was not used comes again, with what follows it."""

    records: list[bytes]
    used: int
    odd: int


class Read(NamedTuple):
    """What a reader made of bytes: facts, in their order; how many bytes were ``used``; and how
    many records were ``odd``: none of Asterisk's, or without their end."""

    facts: list[Fact]
    used: int
    odd: int


def cel_records(data: bytes, *, final: bool = False) -> Split:
    """The records of CEL's CSV. A value in quotes may hold line breaks. ``final``: nothing will
    follow ``data``, so its end is no beginning of something."""
    starts = [found.start() for found in _CEL_BEGINS.finditer(data)]
    odd = int(bool(data[: starts[0]].strip(_FILLING))) if starts else 0
    records: list[bytes] = []
    used = starts[0] if starts else 0
    for start, end in zip(starts, [*starts[1:], len(data)], strict=False):
        record = data[start:end]
        if end == len(data) and not (final or _is_whole(record)):
            break
        records.append(record.strip(_FILLING))
        used = end
    return _let_go(Split(records, used, odd), data, final=final)


def queue_log_records(data: bytes, *, final: bool = False) -> Split:
    """The lines of queue_log; ``final`` as in ``cel_records``."""
    end = len(data) if final else data.rfind(b"\n") + 1
    lines = (line.strip(b"\0\r") for line in data[:end].split(b"\n"))
    return _let_go(Split([line for line in lines if line], end, 0), data, final=final)


def _is_whole(record: bytes) -> bool:
    return record.endswith(b"\n") and record.count(b'"') % 2 == 0


def cel_rows(record: bytes, columns: int) -> tuple[list[list[str]], bool]:
    """The values of a record that has so many. Where it has not, what can be found in it: rows that
    stand before and after something unfinished; False then."""
    text = text_of(record)
    if row := _row(text, columns):
        return [row], True
    rows: list[list[str]] = []
    for line in text.split("\n"):
        starts = (found.start() for found in _CEL_AGAIN.finditer(line))
        rows += [row for start in starts if (row := _row(line[start:], columns))]
    return rows, False


def _row(text: str, columns: int) -> list[str]:
    try:
        fields = next(csv.reader([text], strict=True), [])
    except csv.Error:
        return []
    return fields if len(fields) == columns and '"' not in fields[0] else []  # a time has none


def text_of(record: bytes) -> str:
    """As AMI's events are read (``ami.framing``)."""
    return record.decode("utf-8", "replace").replace("\0", "\ufffd")


def _let_go(split: Split, data: bytes, *, final: bool) -> Split:
    """Pass over what is longer than any record, and what is left at the end of all."""
    rest = len(data) - split.used
    if rest and (final or rest >= LONGEST_RECORD):
        odd = int(bool(data[split.used :].strip(_FILLING)))
        return Split(split.records, len(data), split.odd + odd)
    return split
