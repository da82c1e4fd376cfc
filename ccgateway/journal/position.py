"""How far a journal was read: a value, to be kept with what was read."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

HEAD_BYTES = 64
"""A journal's first bytes hold the time of its first line and a channel's number: no other file of
it begins so. And they tell nothing of a person."""

_LEAST_HEAD = 16
"""Bytes that tell one file from another: the seconds of a time, and more."""

_TEXT = re.compile(
    r"(?P<inode>\d{1,20})\.(?P<mtime>\d{1,20})\.(?P<offset>\d{1,19})\.(?P<head>([0-9a-f]{2}){0,64})"
)


@dataclass(frozen=True, slots=True)
class Position:
    """A place in a file: the file by its ``inode``, its first bytes (``head``, fewer than
    HEAD_BYTES where it had no more yet) and when it was written last (``mtime``, ns since 1970);
    and how many bytes of it were read. (The device's number can be another after a restart of the
    machine, so it is no part of this.) Without ``inode`` no file was there yet: at ``mtime``."""

    inode: int = 0
    mtime: int = 0
    offset: int = 0
    head: bytes = b""

    @property
    def text(self) -> str:
        """As the store keeps it: at most 190 characters."""
        return f"{self.inode}.{self.mtime}.{self.offset}.{self.head.hex()}"

    @classmethod
    def of(cls, text: str) -> Position:
        """Raises ValueError."""
        found = _TEXT.fullmatch(text)
        if found is None:
            raise ValueError(f"no position in a journal: {text[:200]!r}")
        inode, mtime, offset = (int(found[key]) for key in ("inode", "mtime", "offset"))
        return cls(inode, mtime, offset, bytes.fromhex(found["head"]))

    def on(self, used: int) -> Position:
        """So many bytes on."""
        return replace(self, offset=self.offset + used)

    def fits(self, head: bytes) -> bool:
        """Whether a file that begins so can be this one, which has its inode."""
        return head.startswith(self.head)

    def is_known_by(self, head: bytes) -> bool:
        """Whether a file that begins so is this one, or a copy of it, whatever its inode."""
        return len(self.head) >= _LEAST_HEAD and head.startswith(self.head)
