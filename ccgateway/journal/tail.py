"""Follows one journal: a file that grows, and that somebody rotates.

Asterisk appends to it: to CEL's by opening it for each line, to queue_log by a handle that it keeps
until ``logger reload``. logrotate renames it (what is written by the kept handle still comes to the
file that was), or copies and truncates it. What the journal has been is found again and read to its
end before the next file is begun (``rotated``).
"""

from __future__ import annotations

import os
import time
import zlib
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO

from ccgateway.journal import rotated
from ccgateway.journal.position import HEAD_BYTES, Position

SLICE_BYTES = 262_144
"""Read in one go: some 80 calls. Several times the longest record, so that each slice holds the end
of one."""

CUT = "it was cut before it was read to its end"
GONE = "it was taken away before it was read to its end"


@dataclass(frozen=True, slots=True)
class Chunk:
    """Bytes, and where they begin. ``final``: the file's last, and none will follow. ``missed``:
    why something before them was not seen, '' where nothing is known to be missing."""

    data: bytes
    position: Position
    final: bool = False
    missed: str = ""


class Tail:
    """The journal at ``path``, from ``position`` on; None: from its end, as it is now. Its methods
    wait for the disk, so they are for a thread; one at a time."""

    def __init__(self, path: Path, position: Position | None) -> None:
        self._path = path
        self._position = position
        self._file: IO[bytes] | None = None
        self._is_copy = False  # nobody writes to it
        self._missed = ""

    @property
    def position(self) -> Position:
        """Up to where it was read, and is kept."""
        return self._position or Position()

    def go_on(self, position: Position) -> None:
        """Read on from here: what was before it is kept, and that something was missed."""
        self._missed = ""
        if position.inode != self.position.inode:
            self.close()
        self._position = position

    def close(self) -> None:
        """Let go of the file."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def read(self, limit: int = SLICE_BYTES) -> Chunk | None:
        """What comes next, the same again until ``go_on`` was told of it; None where there is
        nothing. Raises OSError where it may not be read."""
        while self._file is not None or self._find():
            # In this order: who has left it for another writes no more to this one.
            is_left = self._is_copy or self._is_left()
            if not self._is_same():
                self._turn_to_copy()
                continue
            data = self._read(limit)
            final = is_left and len(data) < limit
            if data or self._missed:
                return Chunk(data, self.position, final, self._missed)
            if not final or not self._turn_to_next():
                return None
        return None

    def _find(self) -> bool:
        """Open the file that was read last; whether there is one."""
        if self._position is None:
            return self._begin()
        found = rotated.find(self._path, self._position) if self._position.inode else None
        if found is not None:
            return self._open(found, anew=False)
        held_lines = bool(self._position.head)
        if not self._turn_to_next():
            return False
        self._missed = self._missed or (GONE if held_lines else "")
        return True

    def _begin(self) -> bool:
        """For the first time: what was before us is none of ours, but the whole of what is not
        there yet."""
        if not self._open(self._path, anew=True):
            self._position = Position(mtime=time.time_ns())
            return False
        size = self._there.seek(0, os.SEEK_END)
        last = self._read_at(max(size - SLICE_BYTES, 0), SLICE_BYTES)
        self._position = self.position.on(size - len(last) + last.rfind(b"\n") + 1)
        return True

    def _open(self, path: Path, *, anew: bool) -> bool:
        """Open it, ``anew`` from its beginning; whether it is there."""
        try:
            file = rotated.opened(path)
        except FileNotFoundError:
            return False
        self.close()
        self._file = file
        seen = os.fstat(file.fileno())
        before = Position() if anew else self.position
        is_other = path != self._path and seen.st_ino != before.inode
        self._is_copy = (not anew and is_other) or rotated.is_compressed(path)
        self._position = replace(before, inode=seen.st_ino, mtime=seen.st_mtime_ns)
        return True

    def _turn_to_next(self) -> bool:
        found = rotated.following(self._path, self.position)
        return found is not None and self._open(found, anew=True)

    def _turn_to_copy(self) -> None:
        """It is not what it was: go on in its copy, or where there is none from its beginning."""
        found = rotated.copy(self._path, self.position)
        if found is None:
            self._missed = CUT
            if not self._open(self._path, anew=True):
                self.close()
        else:
            self._open(found, anew=False)

    def _is_left(self) -> bool:
        """Whether Asterisk writes to another file by now."""
        try:
            now = self._path.stat()
        except FileNotFoundError:
            return False
        return not os.path.samestat(now, os.fstat(self._there.fileno())) and now.st_size > 0

    def _is_same(self) -> bool:
        """Whether it goes on from what was read of it; what is new of its beginning is noted."""
        if self._is_copy:
            return True
        head = self._read_at(0, HEAD_BYTES)
        seen = os.fstat(self._there.fileno())
        if seen.st_size < self.position.offset or not self.position.fits(head):
            return False
        self._position = replace(self.position, head=head, mtime=seen.st_mtime_ns)
        return True

    def _read(self, limit: int) -> bytes:
        try:
            return self._read_at(self.position.offset, limit)
        except (EOFError, zlib.error):  # compressed, but not to its end
            return b""

    def _read_at(self, offset: int, limit: int) -> bytes:
        self._there.seek(offset)
        return self._there.read(limit)

    @property
    def _there(self) -> IO[bytes]:
        if self._file is None:
            raise RuntimeError("no file is open")
        return self._file
