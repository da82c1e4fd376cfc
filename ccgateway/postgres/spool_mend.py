"""Mending the spool's file: what can be read of a damaged one goes into a new one, which takes its
place only when all of it is on the disk. A kill at any moment leaves one of both, whole."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Generator, Iterator
from contextlib import closing, suppress
from itertools import islice
from pathlib import Path

from ccgateway.postgres.spool_beside import RESERVE, release, set_aside
from ccgateway.postgres.spool_file import SpoolFile, remove
from ccgateway.postgres.spooled import Record

MENDING = "spool.mending"
"""The new file, while it is written."""

MENDED = "spool.mended"
"""The new file, whole."""

AT_ONCE = 500
"""Records in a transaction."""

_LEAP_MOST = 2**40
"""Numbers: where nothing behind so many can be read, nothing can."""


def has_room(path: Path) -> bool:
    """Whether the disk has room for a copy of the file; the reserve is given for it."""
    beside = (path, path.with_name(f"{path.name}-wal"))
    needed = sum(_size(one) for one in beside)
    missing = needed - shutil.disk_usage(path.parent).free
    if missing > _size(path.with_name(RESERVE)):
        return False
    if missing > 0:
        release(path.parent)
    return True


def mend(path: Path, limit: int) -> tuple[Path, int, list[Record]]:
    """Where the damaged file is now, how many records were saved, and which of them are damaged
    themselves. Raises sqlite3.Error or OSError, and then the file stands where it stood."""
    mending, mended = path.with_name(MENDING), path.with_name(MENDED)
    remove(mending)
    try:
        saved, bad = _copy(path, mending, limit)
    except BaseException:
        remove(mending)
        raise
    mending.rename(mended)
    return _replace(path, mended), saved, bad


def finish(path: Path) -> None:
    """Go on where a mending was killed between its last two steps. Raises OSError."""
    mended = path.with_name(MENDED)
    if mended.exists():
        _replace(path, mended)


def readable(path: Path, limit: int) -> Generator[Record, None, None]:
    """What can be read of a damaged file, in order: the facts, then the rest."""
    with suppress(sqlite3.Error), closing(SpoolFile(path, limit)) as file:
        for rest in (False, True):
            yield from _salvaged(file, rest=rest)
        yield from file.strange()


def _copy(path: Path, mending: Path, limit: int) -> tuple[int, list[Record]]:
    saved, bad = 0, []
    found = readable(path, limit)
    with closing(found), closing(SpoolFile(mending, 2 * limit)) as new:
        while some := list(islice(found, AT_ONCE)):
            whole = [record for record in some if record.is_whole]
            bad += [record for record in some if not record.is_whole]
            new.restore(whole)
            saved += len(whole)
        new.settle()
    return saved, bad


def _replace(path: Path, mended: Path) -> Path:
    aside = set_aside(path) if path.exists() else path
    mended.rename(path)
    return aside


def _salvaged(file: SpoolFile, *, rest: bool) -> Iterator[Record]:
    reached: int | None = -1
    while reached is not None:
        try:
            for record in file.behind(reached, rest=rest):
                reached = record.seq if record.is_whole else reached
                yield record
        except sqlite3.Error:
            reached = _beyond(file, reached, rest=rest)
        else:
            return


def _beyond(file: SpoolFile, reached: int, *, rest: bool) -> int | None:
    """The number behind which it can be read again; None where there is none."""
    fails, leap = reached, 1
    while not _is_readable(file, reached + leap, rest=rest):
        fails, leap = reached + leap, 2 * leap
        if leap > _LEAP_MOST:
            return None
    reads = reached + leap
    while reads - fails > 1:
        half = (reads + fails) // 2
        if _is_readable(file, half, rest=rest):
            reads = half
        else:
            fails = half
    return reads


def _is_readable(file: SpoolFile, reached: int, *, rest: bool) -> bool:
    try:
        next(file.behind(reached, rest=rest), None)
    except sqlite3.Error:
        return False
    return True


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0
