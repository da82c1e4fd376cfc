"""Whether Asterisk's journals are there, are ours to read, and go on."""

from __future__ import annotations

import os
from datetime import datetime, timedelta
from pathlib import Path

from ccgateway.journal.rotated import opened

CEL = Path("cel-custom/ccgateway.csv")
"""Of cel_custom, by the mapping that ``ccgateway init`` writes; in Asterisk's log folder, as is
QUEUE_LOG. Asterisk opens it for each line: one that was rotated away comes back with the next."""

QUEUE_LOG = Path("queue_log")
"""Asterisk opens it at its start and at ``logger reload``, and keeps it open."""

SLACK = timedelta(seconds=10)
"""A call's last line is in the journal within milliseconds of its end. More, for a disk that is
busy, and for a second of another clock."""


def fault(folder: Path, ended_at: datetime | None, now: datetime) -> str:
    """What is wrong with the journals of an Asterisk, whose log folder is ``folder``; "" where they
    are in order. ``ended_at``: when the last call that we saw there ended."""
    try:
        for place in (folder, folder / CEL.parent):
            _look_into(place)
        _read(folder / QUEUE_LOG)
        written = _written(folder / CEL)
    except OSError as error:
        return f"{error.filename}: {error.strerror}"
    if ended_at and ended_at < now - SLACK and written < (ended_at - SLACK).timestamp():
        return f"{folder / CEL}: a call has ended since Asterisk wrote there last"
    return ""


def _written(cel: Path) -> float:
    """When it was written to, in Unix seconds: a disk may tell of years that no date has. Where it
    is not there it was rotated away, or there was no call yet: then since the folder changed
    nothing was. Raises OSError where it is not ours to read."""
    times = [cel.parent.stat().st_mtime]
    if cel.exists():
        _read(cel)
        times.append(cel.stat().st_mtime)
    return max(times)


def _look_into(folder: Path) -> None:
    os.scandir(folder).close()


def _read(file: Path) -> None:
    opened(file).close()
