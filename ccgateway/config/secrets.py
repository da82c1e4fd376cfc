"""Secrets: those in files of their own (``secret_file``, ``token_file``, ``dsn_file``), and who may
read them."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ccgateway.config.fault import Path as Key

LARGEST = 4096
"""Bytes. A secret has at most 128; more is another file named by mistake."""

PLACES = (("agi", "secret"), ("database", "dsn"), ("http", "token"), ("node", "secret"))

Wrong = tuple[Key, object, str]
"""Where, what was found, what is allowed."""


def exposed(raw: dict[str, Any], file: Path) -> Iterator[str]:
    """What to say where ``file``, which ``raw`` was read from, shows its secrets to others. To be
    called before ``read_secrets``. It is no fault: a file that is mounted into a container has the
    mode that the host gave it."""
    try:
        open_to_others = _is_open(file.stat().st_mode)
    except OSError:  # gone since it was read
        return
    named = any(key in table for _, table, key in _tables(raw) if key != "dsn")
    if open_to_others and (named or _password(raw)):
        yield f"others may read or write {file}, which holds secrets: {_closed(file)}"


def read_secrets(raw: dict[str, Any], folder: Path) -> list[Wrong]:
    """Put the secrets of the files that ``raw`` names in their places. Relative paths begin at
    ``folder``, where the TOML file is. Returns what is wrong with them."""
    wrongs: list[Wrong] = []
    for path, table, key in _tables(raw):
        file = table.get(f"{key}_file")
        if not isinstance(file, str) or not file:
            continue
        if key in table:
            wrongs.append(((*path, f"{key}_file"), file, f"either it or {key}, not both"))
            continue
        try:
            table[key] = _read(folder / Path(file).expanduser())
        except (OSError, ValueError, RuntimeError) as error:
            wrongs.append(((*path, f"{key}_file"), file, _reason(error)))
    return wrongs


def _tables(raw: dict[str, Any]) -> Iterator[tuple[Key, dict[str, Any], str]]:
    """Each table that holds a secret, with its path and the secret's key."""
    for name, key in PLACES:
        found = raw.get(name)
        if isinstance(found, dict):
            yield (name,), found, key
        elif isinstance(found, tuple):
            for number, table in enumerate(found):
                if isinstance(table, dict):
                    yield (name, number), table, key


def _read(path: Path) -> str:
    status = path.stat()
    if not stat.S_ISREG(status.st_mode):
        raise ValueError("a file")
    if _is_open(status.st_mode):
        raise ValueError(f"a file that others may not read or write: {_closed(path)}")
    if status.st_size > LARGEST:
        raise ValueError(f"a file of at most {LARGEST} bytes")
    return path.read_text("utf-8").removesuffix("\n").removesuffix("\r")


def _closed(file: Path) -> str:
    """What closes a file to others: who reads it as one of them, as a service does with root's
    files, must not be shut out."""
    return f"chgrp GROUP {file} && chmod g+r,o= {file}, with the group of the gateway's user"


def _is_open(mode: int) -> bool:
    return bool(mode & (stat.S_IROTH | stat.S_IWOTH))


def _password(raw: dict[str, Any]) -> bool:
    """Whether the DSN has a password."""
    database = raw.get("database")
    dsn = database.get("dsn") if isinstance(database, dict) else None
    return isinstance(dsn, str) and "@" in dsn


def _reason(error: Exception) -> str:
    if isinstance(error, OSError):
        return f"a file that can be read ({error.strerror or error})"
    if isinstance(error, UnicodeDecodeError):
        return "a text file in UTF-8"
    return str(error)
