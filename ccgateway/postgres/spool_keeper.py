"""Opens the spool's file for all work on it, and mends it where it is damaged."""

from __future__ import annotations

import errno
import os
import sqlite3
from collections.abc import Callable, Generator, Sequence
from itertools import islice
from pathlib import Path
from typing import TypeVar

import structlog

from ccgateway.errors import CcgError
from ccgateway.postgres import spool_beside, spool_file, spool_mend
from ccgateway.postgres.spool_file import SpoolFile, Stand
from ccgateway.postgres.spooled import Record

T = TypeVar("T")

log = structlog.stdlib.get_logger(__name__)


class SpoolFull(CcgError):
    """Nothing can be written to disk, or read there, now."""


class SpoolKeeper:
    """The file at ``path``; ``limit`` in bytes. ``found`` hears what is in it each time that it is
    opened; None where it is damaged, and can only be read (``rest``). Everything here blocks."""

    def __init__(self, path: Path, limit: int, found: Callable[[Stand | None], None]) -> None:
        self._path = path
        self._limit = limit
        self._found = found
        self._file: SpoolFile | None = None
        self._rest: Generator[Record, None, None] | None = None
        self._kept: set[int] = set()  # numbers of damaged records that were told
        self.bad = 0
        """Records, and files, that were damaged and set aside, since the start."""

    @property
    def is_stuck(self) -> bool:
        """Whether the file is damaged, and cannot be mended now: nothing goes in."""
        return self._rest is not None

    @property
    def used(self) -> int:
        """Bytes. Raises sqlite3.Error."""
        return self._file.used if self._file else 0

    def work(self, work: Callable[[SpoolFile], T]) -> T:
        """Work on the file, made where there is none; where it is damaged, on a new one with what
        could be saved. Raises SpoolFull."""
        try:
            if self.is_stuck:
                self._mend()
            try:
                return work(self._opened())
            except sqlite3.Error as error:
                if not spool_file.is_damaged(error):
                    raise
                log.error("spool_damaged", reason=str(error), file=str(self._path))  # noqa: TRY400 - expected
                self.bad += 1
                self._mend()
                return work(self._opened())
        except (sqlite3.Error, OSError) as error:
            raise SpoolFull(self._reason(error)) from error

    def rest(self, limit: int) -> Sequence[Record]:
        """The next records that can be read of the damaged file, at most ``limit``; none: that was
        all, and it is set aside. Raises SpoolFull."""
        if found := list(islice(self._rest or (), limit)):
            return found
        try:
            aside = spool_beside.set_aside(self._path)
        except OSError as error:
            raise SpoolFull(self._reason(error)) from error
        self._rest = None
        log.error("spool_read_out", file=str(aside))
        return ()

    def set_aside(self, found: Sequence[Record]) -> None:
        """Keep damaged records, each once. Raises SpoolFull."""
        bad = [record for record in found if record.seq not in self._kept]
        if not bad:
            return
        folder = self._path.parent
        try:
            try:
                spool_beside.keep_bad(folder, bad)
            except OSError:
                spool_beside.release(folder)
                spool_beside.keep_bad(folder, bad)
        except OSError as error:
            raise SpoolFull(f"{folder / spool_beside.BAD}: {error.strerror}") from error
        self._kept.update(record.seq for record in bad)
        self.bad += len(bad)
        log.error("spool_records_bad", records=len(bad), file=str(folder / spool_beside.BAD))

    def close(self) -> None:
        """Let the file go."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def _opened(self) -> SpoolFile:
        if self._file is None:
            self._file = SpoolFile(self._path, self._limit)
            spool_beside.keep_reserve(self._path.parent)
            self._found(self._file.stand())
        return self._file

    def _mend(self) -> None:
        """Save what can be read of the damaged file. Where the disk has no room for that, it is
        read where it is (``rest``). Raises sqlite3.Error, OSError."""
        self.close()
        try:
            if not spool_mend.has_room(self._path):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))  # noqa: TRY301 - as from mend
            if self._rest is not None:
                self._rest.close()
                self._rest = None
            aside, saved, bad = spool_mend.mend(self._path, self._limit)
        except (sqlite3.Error, OSError):
            if self._rest is None:
                self._rest = spool_mend.readable(self._path, self._limit)
                self._found(None)
            raise
        self._opened()
        log.error("spool_saved", records=saved, bad=len(bad), file=str(self._path), old=str(aside))
        self.set_aside(bad)

    def _reason(self, error: Exception) -> str:
        if self.is_stuck:
            return f"{self._path} is damaged, and cannot be mended now: {error}"
        if not spool_file.is_full(error):
            return f"{self._path}: {error}"
        if self._file is not None and self._file.is_full:
            return f"spool_mb under [database] is reached: {self._limit >> 20} MB"
        return f"the disk of {self._path} is full"
