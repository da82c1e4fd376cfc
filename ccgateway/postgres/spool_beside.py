"""What stands beside the spool's file: room that is kept for it, and what was no good."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from ccgateway.postgres.spooled import Record

RESERVE = "spool.reserve"
BAD = "spool.bad"
"""Records that were damaged, a JSON object a line."""
DAMAGED = "spool.damaged"

RESERVE_BYTES = 8 << 20
"""Kept from others, and given free on a full disk: taking out what was drained needs some room, in
the WAL and, at its next checkpoint, in the file."""


def keep_reserve(folder: Path) -> bool:
    """Whether it stands, made where it does not; where the disk has no room for it, there is
    none."""
    path = folder / RESERVE
    try:
        with path.open("ab") as reserve:
            if os.fstat(reserve.fileno()).st_size < RESERVE_BYTES:
                os.posix_fallocate(reserve.fileno(), 0, RESERVE_BYTES)
    except OSError:
        with suppress(OSError):
            path.unlink()
        return False
    return True


def release(folder: Path) -> None:
    """Give the reserve to those who need room now."""
    (folder / RESERVE).unlink(missing_ok=True)


def set_aside(path: Path) -> Path:
    """Give a damaged file another name, with its WAL, for whoever looks into it."""
    names = (path.with_name(f"{DAMAGED}.{number}") for number in range(1, 1000))
    aside = next(name for name in names if not name.exists())
    # The WAL first: SQLite deletes one whose file is gone.
    with suppress(FileNotFoundError):
        path.with_name(f"{path.name}-wal").rename(f"{aside}-wal")
    path.rename(aside)
    return aside


def keep_bad(folder: Path, bad: Iterable[Record]) -> None:
    """Write damaged records to BAD, as they are. Raises OSError."""
    lines = [
        json.dumps(
            {
                "seq": record.seq,
                "what": record.what,
                "name": record.name,
                "body": record.body.decode("utf-8", "surrogateescape"),
            },
            default=repr,
        )
        for record in bad
    ]
    fd = os.open(folder / BAD, os.O_CREAT | os.O_WRONLY | os.O_APPEND, 0o600)  # as the file itself
    with os.fdopen(fd, "wb") as file:
        file.write("".join(f"{line}\n" for line in lines).encode())
        file.flush()
        os.fsync(fd)
