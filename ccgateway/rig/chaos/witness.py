"""Asterisk's own journals as an independent witness: read here by other means than the gateway's,
whole, with all parts that a rotation left."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from ccgateway.journal.follow import FILES
from ccgateway.rig.chaos.explained import ENTERED, Happened, Word
from ccgateway.telephony.facts import Source

AT_THE_DOOR, NO_SERVICE = "CCGInbound", "Service: ,"

_SECOND, _CALL, _QUEUE, _MEMBER, _EVENT = 0, 1, 2, 3, 4  # fields of a line of queue_log
_AT, _NAME, _CHANNEL = 0, 1, 2  # and of CEL


def parts(folder: Path, source: Source) -> list[Path]:
    """A journal's files, in the order they were written: the oldest part first."""
    live = folder / FILES[source]
    older = [path for path in live.parent.glob(f"{live.name}-*") if path.is_file()]
    return [*sorted(older), *([live] if live.exists() else [])]


def entered(lines: Iterable[str]) -> dict[str, list[tuple[str, datetime]]]:
    """uniqueid -> the queues that it entered, in order, and in which second. Pure."""
    found: dict[str, list[tuple[str, datetime]]] = {}
    for line in lines:
        fields = line.rstrip("\n").split("|")
        if len(fields) > _EVENT and fields[_EVENT] == ENTERED and fields[_SECOND].isdecimal():
            at = datetime.fromtimestamp(int(fields[_SECOND]), UTC)
            found.setdefault(fields[_CALL], []).append((fields[_QUEUE], at))
    return found


def answered(lines: Iterable[str]) -> dict[str, tuple[tuple[str, str], ...]]:
    """uniqueid -> the queues in which it was answered, in order, and by whom. Pure."""
    found: dict[str, tuple[tuple[str, str], ...]] = {}
    for line in lines:
        fields = line.rstrip("\n").split("|")
        if len(fields) > _EVENT and fields[_EVENT] == "CONNECT":
            told = (fields[_QUEUE], fields[_MEMBER])
            found[fields[_CALL]] = (*found.get(fields[_CALL], ()), told)
    return found


def moments(lines: Iterable[str]) -> dict[str, list[Happened]]:
    """uniqueid -> what CEL tells of it. Pure."""
    found: dict[str, list[Happened]] = {}
    for fields in csv.reader(lines):
        if len(fields) > _CHANNEL:
            with suppress(ValueError):  # half a line, where a file was cut
                happened = (fields[_NAME], datetime.fromisoformat(fields[_AT]))
                found.setdefault(fields[_CHANNEL], []).append(happened)
    return found


def nameless(lines: Iterable[str]) -> set[str]:
    """The uniqueids of callers at our door of whose service Asterisk knew nothing. Pure."""
    return {
        fields[_CHANNEL]
        for fields in csv.reader(line for line in lines if AT_THE_DOOR in line)
        if len(fields) > _CHANNEL and fields[_NAME] == AT_THE_DOOR and NO_SERVICE in fields[-1]
    }


def read(folder: Path) -> Word:
    """What they say, of all parts."""

    def told(source: Source) -> Iterable[str]:
        return (line for path in parts(folder, source) for line in _lines(path))

    queues, happened = entered(told(Source.QUEUE_LOG)), moments(told(Source.CEL))
    for channel, stays in queues.items():
        happened.setdefault(channel, []).extend((ENTERED, at) for _, at in stays)
    names = {channel: tuple(name for name, _ in stays) for channel, stays in queues.items()}
    by_whom = answered(told(Source.QUEUE_LOG))
    return Word(names, happened, nameless(told(Source.CEL)), by_whom)


def _lines(path: Path) -> Iterable[str]:
    with path.open(encoding="utf-8", errors="replace", newline="") as file:
        for line in file:
            yield line.replace("\0", "")
