"""What is to be written, and what taken away: told first, done then."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

PRIVATE = 0o640


@dataclass(frozen=True, slots=True)
class Change:
    """One file: what it holds now (None: it is not there), and then (None: it is to go).
    ``like``: a file whose owner, group and mode a new one gets, but nothing for others where it is
    ``closed``; without one it is the group ``group`` that may read it, or our own."""

    path: Path
    before: bytes | None
    after: bytes | None
    why: str
    like: Path | None = None
    group: str = ""
    closed: bool = False

    @property
    def is_new(self) -> bool:
        return self.before is None


@dataclass(frozen=True, slots=True)
class Plan:
    """Changes in their order; folders to make or to take away; what Asterisk is to read anew; and
    what the administrator should know."""

    changes: Sequence[Change] = ()
    new_folders: Sequence[Path] = ()
    old_folders: Sequence[Path] = ()
    reloads: Sequence[str] = ()
    notes: Sequence[str] = field(default=())

    @property
    def is_empty(self) -> bool:
        """Whether everything is as it shall be."""
        return not (self.changes or self.new_folders or self.old_folders)
