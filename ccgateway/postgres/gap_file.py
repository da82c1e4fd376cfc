"""Gaps that PostgreSQL does not know yet, in a file whose room on the disk is taken beforehand: so
it can be written while the disk is full."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

import structlog
from pydantic import TypeAdapter, ValidationError

from ccgateway.calls.gap import Gap

NAME = "spool.gaps"

ROOM = 16_384
"""Bytes: some eighty gaps. What is more is told where PostgreSQL is back before we end."""

_GAP = TypeAdapter(Gap)

log = structlog.stdlib.get_logger(__name__)


class GapFile:
    """In ``folder``. Both block."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / NAME

    def load(self) -> list[Gap]:
        """What the last run left there; the room is taken. Raises OSError."""
        if not self._path.exists():
            self.save([])
            return []
        gaps = []
        for line in self._path.read_bytes().split(b"\n"):
            if not line.strip():
                continue
            try:
                gaps.append(_GAP.validate_json(line))
            except ValidationError:  # a machine that lost its power while it was written
                log.error("gap_not_readable", file=str(self._path))  # noqa: TRY400 - expected
        return gaps

    def save(self, gaps: Iterable[Gap]) -> None:
        """Keep these in place of what was there, as far as they have room; once this returns they
        outlive a power cut. Raises OSError."""
        text = b""
        for gap in gaps:
            line = _GAP.dump_json(gap) + b"\n"
            if len(text) + len(line) <= ROOM:
                text += line
        descriptor = os.open(self._path, os.O_WRONLY | os.O_CREAT, 0o600)
        try:
            os.pwrite(descriptor, text.ljust(ROOM), 0)
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
