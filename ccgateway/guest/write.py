"""A plan, carried out: all of it or nothing, with a backup of each file of the administrator's."""

from __future__ import annotations

import errno
import grp
import os
import stat
from collections.abc import Iterable, Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from ccgateway.guest.fault import GuestFault
from ccgateway.guest.line import OURS
from ccgateway.guest.plan import PRIVATE, Change, Plan

_OTHERS_ENTER = 0o755


def carry_out(plan: Plan, now: datetime | None) -> list[Path]:
    """Write it all, and return the backups; without ``now`` none are made. Where a file cannot be
    written, those that were are put back, and GuestFault says which it was."""
    backups: list[Path] = []
    done: list[Change] = []
    at = Path()
    try:
        _as_planned(plan.changes)
        for change in plan.changes:
            at = change.path
            if now and change.before is not None and change.path.parent.name != OURS:
                backups.append(_backup(change.path, change.before, now))
            done.append(change)
            _make(change)
        for folder in plan.new_folders:
            _new_folder(folder)
        for folder in plan.old_folders:
            folder.rmdir()
    except OSError as error:
        _undo(done, backups)
        place = error.filename or at  # who writes into an open file is told no name
        raise GuestFault(
            f"{place}: {error.strerror}; nothing was changed: {_instead(error)}"
        ) from error
    return backups


def _instead(error: OSError) -> str:
    if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return "make room there"
    return "run this as a user who may write there, as root"


def _as_planned(changes: Iterable[Change]) -> None:
    """Raises GuestFault where somebody wrote into a file since it was read."""
    for change in changes:
        if change.before is not None and change.path.read_bytes() != change.before:
            raise GuestFault(f"{change.path}: changed meanwhile; nothing was changed: run it again")


def drop_backups(changes: Sequence[Change]) -> list[Path]:
    """Remove the backups of files that are again as they were then, and return the others."""
    kept = []
    for change in changes:
        for backup in sorted(change.path.parent.glob(f"{change.path.name}.{OURS}-*.bak")):
            if backup.read_bytes() == change.after:
                backup.unlink()
            else:
                kept.append(backup)
    return kept


def _backup(file: Path, text: bytes, now: datetime) -> Path:
    backup = file.with_name(f"{file.name}.{OURS}-{now:%Y%m%dT%H%M%SZ}.bak")
    _write_new(backup, text, like=file)
    return backup


def _make(change: Change) -> None:
    if change.after is None:
        change.path.unlink()
    elif change.before is None:
        _parents(change)
        most = 0o770 if change.closed else 0o777
        _write_new(change.path, change.after, change.like, change.group, most=most)
    else:
        _write_over(change.path, change.after)


def _write_over(path: Path, text: bytes) -> None:
    """In its place: owner, mode, links, what SELinux has on it, all stay. The old end goes last, so
    that there is room for an old text where a longer one found none."""
    with path.open("r+b") as file:
        file.write(text)
        file.truncate()
        os.fsync(file.fileno())


def _parents(change: Change) -> None:
    """Our folder is the owner's of the files in it; others are as folders are."""
    for folder in reversed([place for place in change.path.parents if not place.exists()]):
        folder.mkdir()
        folder.chmod(_OTHERS_ENTER)  # whatever the umask is
        if change.like:
            status = change.like.stat()
            os.chown(folder, status.st_uid, status.st_gid)


def _write_new(
    path: Path, text: bytes, like: Path | None = None, group: str = "", *, most: int = 0o777
) -> None:
    """A file that nobody else can read before it is whole and has its owner."""
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        try:
            file.write(text)
            file.flush()
        except OSError:
            path.unlink()
            raise
        status = like.stat() if like else None
        if status:
            os.fchown(file.fileno(), status.st_uid, status.st_gid)
        elif group:
            with suppress(KeyError):  # no such group on this machine
                os.fchown(file.fileno(), -1, grp.getgrnam(group).gr_gid)
        is_file = like is not None and like.is_file()
        os.fchmod(file.fileno(), status.st_mode & most if status and is_file else PRIVATE)
        os.fsync(file.fileno())


def _new_folder(folder: Path) -> None:
    """Beside Asterisk's other logs, and for whom they are."""
    folder.mkdir(parents=True)
    status = folder.parent.stat()
    os.chown(folder, status.st_uid, status.st_gid)
    folder.chmod(stat.S_IMODE(status.st_mode))


def _undo(done: Iterable[Change], backups: Iterable[Path]) -> None:
    """As it was. A new file that somebody else made meanwhile stays his."""
    for change in done:
        with suppress(OSError):
            if change.before is None and change.path.read_bytes() == change.after:
                change.path.unlink()
            elif change.before is not None and change.path.exists():
                _write_over(change.path, change.before)
            elif change.before is not None:
                _write_new(change.path, change.before, change.like)
    for backup in backups:
        with suppress(OSError):
            backup.unlink()
    for folder in {change.path.parent for change in done if change.path.parent.name == OURS}:
        with suppress(OSError):  # what is not empty was there before
            folder.rmdir()
