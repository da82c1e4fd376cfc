"""The folder of the gateway's own files: one gateway at a time, for as long as it lives."""

from __future__ import annotations

import fcntl
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from ccgateway.errors import ConfigError, Refused

KEY = "session.key"
"""Signs the sessions of browsers. Who deletes it signs everybody out, at the next start."""

KEY_BYTES = 32
"""As many as the digest that it signs with."""

LOCK = "gateway.lock"
"""Holds the process id of who has it. The file stays; the lock on it is the kernel's, and goes
with the process, however that ends."""


@contextmanager
def held(folder: Path, *, mode: int = 0o700) -> Iterator[None]:
    """Have ``folder`` for ourselves. It is made with ``mode`` where it is missing; one that is
    there stays as it is. Raises Refused where another gateway has it, ConfigError where it cannot
    be used."""
    try:
        folder.mkdir(mode=mode, parents=True, exist_ok=True)
        file = (folder / LOCK).open("a+", encoding="ascii", errors="replace")
    except OSError as error:
        raise ConfigError(
            f"gateway.state_dir: {error.filename} cannot be used ({error.strerror}); choose "
            f"a folder that the gateway's user may write in"
        ) from error
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            owner = file.read().strip() or "not written yet"
            raise Refused(
                f"another gateway (pid {owner}) runs with state_dir {folder}; stop it, or give "
                f"this one a state_dir of its own"
            ) from None
        _sign(file.fileno())
        yield


def kept_key(folder: Path) -> bytes:
    """The random key in ``folder``; made where it is missing. Raises ConfigError."""
    file = folder / KEY
    try:
        if not file.exists():
            _make_key(file)
        key = file.read_bytes()
    except OSError as error:
        raise ConfigError(f"gateway.state_dir: {file} cannot be used ({error.strerror})") from error
    if len(key) != KEY_BYTES:
        raise ConfigError(f"gateway.state_dir: {file} is damaged; delete it")
    return key


def _make_key(file: Path) -> None:
    """Written aside, then named: gateway and web process may both start for the first time, and
    each takes the key of who was first, whole."""
    aside = file.with_name(f"{KEY}.{secrets.token_hex(KEY_BYTES)}")
    new = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(new, "wb") as made:
            made.write(secrets.token_bytes(KEY_BYTES))
        with suppress(FileExistsError):
            file.hardlink_to(aside)
    finally:
        aside.unlink()


def _sign(lock: int) -> None:
    """Write who we are, for those who come too late."""
    os.truncate(lock, 0)
    os.write(lock, f"{os.getpid()}\n".encode())
