"""Recordings, and what is expected of them, as files."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from ccgateway.calls.call import Call
from ccgateway.calls.recorded import (
    BadRecording,
    Head,
    Heard,
    head_line,
    head_of,
    heard_line,
    heard_of,
)
from ccgateway.config.fault import quoted
from ccgateway.errors import ConfigError
from ccgateway.replay.record import Record, record_of

LARGEST_FILE = 512 * 1024 * 1024
"""Bytes: an hour of the busiest centre. It is read into memory whole."""

ENDING = ".jsonl"
EXPECTED = ".expected.json"
"""How the name of the file ends that stands beside X.jsonl: X.expected.json."""


@dataclass(frozen=True, slots=True)
class Recording:
    """What a file holds."""

    head: Head
    heard: Sequence[Heard]


def size_of(file: Path) -> int:
    """Of a recording, in bytes. Raises ConfigError where it cannot be one."""
    if file.suffix != ENDING:
        raise ConfigError(f"{_said(file)}: a recording's name ends in {ENDING}")
    try:
        size = file.stat().st_size
    except OSError as error:
        raise ConfigError(f"{_said(file)} cannot be read: {error.strerror}") from error
    if size > LARGEST_FILE:
        raise ConfigError(f"{_said(file)} has more than {LARGEST_FILE} bytes; cut it in parts")
    return size


def check_new(file: Path) -> None:
    """Raises ConfigError where ``write`` or ``write_expected`` would overwrite something, or the
    name is none of a recording."""
    if file.suffix != ENDING:
        raise ConfigError(f"{_said(file)}: a recording's name ends in {ENDING}")
    try:
        there = [one for one in (file, beside(file)) if one.exists()]
    except OSError as error:
        raise ConfigError(f"{_said(file)} cannot be written: {error.strerror}") from error
    if there:
        raise ConfigError(f"{_said(there[0])} is there already; name another")


def read(file: Path, moved: Callable[[int], None] = lambda _: None) -> Recording:
    """A recording; ``moved`` is told how many bytes each line has. Raises ConfigError with the
    line that is wrong. ``size_of`` first: it is read whole."""
    number = 0
    try:
        heard = []
        with file.open("rb") as lines:
            first = lines.readline()
            number = 1
            head = head_of(first)
            for number, line in enumerate(lines, 2):  # noqa: B007 - for the message
                moved(len(line))
                if line.strip():
                    heard.append(heard_of(line, head.ours))
        return Recording(head, heard)
    except BadRecording as error:
        raise ConfigError(f"{_said(file)}, line {number}: {error}") from None
    except OSError as error:
        raise ConfigError(f"{_said(file)} cannot be read: {error.strerror}") from error


def write(file: Path, recording: Recording) -> None:
    """Write a recording; nobody else may read it. Raises ConfigError."""
    lines = [head_line(recording.head), *map(heard_line, recording.heard), b""]
    _write(file, b"\n".join(lines))


def beside(file: Path) -> Path:
    """Where what is expected of a recording stands."""
    return file.with_name(file.name.removesuffix(ENDING) + EXPECTED)


def read_expected(file: Path) -> list[Record]:
    """The records that are expected. Raises ConfigError."""
    try:
        told: Any = orjson.loads(file.read_bytes())
        records = [dict(one) for one in told["calls"]]
        if all(isinstance(one["call_id"], str) for one in records):
            return list(records)
    except FileNotFoundError:
        raise ConfigError(
            f"{_said(file)} is not there: ccgateway replay --expect writes it; --stored holds the "
            "recording against PostgreSQL instead"
        ) from None
    except OSError as error:
        raise ConfigError(f"{_said(file)} cannot be read: {error.strerror}") from error
    except (ValueError, KeyError, TypeError):
        pass
    raise ConfigError(f"{_said(file)} is to hold the calls that ccgateway replay --expect writes")


def write_expected(file: Path, calls: Iterable[Call]) -> None:
    """Write what is told as what is expected. Raises ConfigError."""
    told = {"calls": [record_of(call) for call in calls]}
    _write(file, (json.dumps(told, ensure_ascii=False, indent=1) + "\n").encode())


def _write(file: Path, data: bytes) -> None:
    try:
        file.touch(mode=0o600)
        file.write_bytes(data)
    except OSError as error:
        raise ConfigError(f"{_said(file)} cannot be written: {error.strerror}") from error


def _said(file: Path) -> str:
    return quoted(str(file))
