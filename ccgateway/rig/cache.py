"""What is made once and kept outside the repository, in the XDG cache."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import platformdirs


def folder() -> Path:
    """Made where it is missing."""
    path = platformdirs.user_cache_path("ccgateway")
    path.mkdir(parents=True, exist_ok=True)
    return path


@contextmanager
def one_at_a_time(lock: Path) -> Iterator[None]:
    """Starters at the same time make a thing once: the others wait here."""
    with lock.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
