"""The files that a journal has been, beside the one that it is: renamed, copied, compressed."""

from __future__ import annotations

import errno
import gzip
import os
import re
import stat
import zlib
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import IO, cast

from ccgateway.journal.position import HEAD_BYTES, Position

_COMPRESSED = ".gz"
_NUMBERED = re.compile(r"[-._].*\d")
"""``.1``, ``.csv-20261122``, ``-20261122.csv``; but not ``.bak``."""


def opened(path: Path) -> IO[bytes]:
    """The bytes that Asterisk wrote, also where they are compressed by now. Raises OSError, and
    where it is no file: a pipe would be waited for, and a device be read, for ever."""
    mode = path.stat().st_mode
    if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):
        raise OSError(errno.EINVAL, "this is no ordinary file", str(path))
    return (
        cast("IO[bytes]", gzip.open(path)) if is_compressed(path) else path.open("rb", buffering=0)
    )


def is_compressed(path: Path) -> bool:
    """Whether it is, by its name."""
    return path.suffix == _COMPRESSED


def find(path: Path, position: Position) -> Path | None:
    """The file that was read up to ``position``, under whatever name; None where there is none.
    Raises OSError where what bears the journal's own name may not be read."""
    with suppress(FileNotFoundError):
        if _is_it(path, position) or position.is_known_by(head_of(path)):
            return path
    for each in _beside(path):
        with suppress(OSError):
            if _is_it(each, position):
                return each
    return copy(path, position)


def _is_it(path: Path, position: Position) -> bool:
    """By its inode, and what it begins with."""
    seen = path.stat()
    is_long = seen.st_size >= position.offset and not is_compressed(path)
    return seen.st_ino == position.inode and is_long and position.fits(head_of(path))


def copy(path: Path, position: Position) -> Path | None:
    """A copy of what the journal was, by its first bytes."""
    for each in _beside(path):
        with suppress(OSError):
            is_long = is_compressed(each) or each.stat().st_size >= position.offset
            if is_long and position.is_known_by(head_of(each)):
                return each
    return None


def following(path: Path, position: Position) -> Path | None:
    """The file that was begun after the one at ``position`` ended; None where there is none yet.
    Each was written last before the next one was; and what rotates them gives them numbers."""
    now = _written(path)
    later = [
        (written, each)
        for each in _beside(path)
        if _NUMBERED.match(each.name.removeprefix(path.stem))
        if position.mtime < (written := _written(each)) and (written <= now or not now)
        if not _is_copy(each, position)
    ]
    return min(later)[1] if later else (path if now else None)


def head_of(path: Path) -> bytes:
    """Its first bytes, b"" where they cannot be read: compressing may be going on."""
    try:
        with opened(path) as file:
            return file.read(HEAD_BYTES)
    except (EOFError, zlib.error):
        return b""


def _is_copy(path: Path, position: Position) -> bool:
    head = b""
    with suppress(OSError):
        head = head_of(path)
    return not head or position.is_known_by(head)


def _written(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return 0


def _beside(path: Path) -> Iterator[Path]:
    """What logrotate, or Asterisk's own ``logger rotate``, make of its name."""
    with suppress(OSError), os.scandir(path.parent) as entries:
        for entry in entries:
            if entry.name.startswith(path.stem) and entry.name != path.name and entry.is_file():
                yield path.parent / entry.name
