"""How the set-up tells what it does."""

from __future__ import annotations

from typing import Protocol


class Progress(Protocol):
    """Called when a step begins: what it does, and about how many seconds it takes."""

    def __call__(self, step: str, seconds: float) -> None: ...


def silent(step: str, seconds: float) -> None:
    """For tests, which need no words."""
