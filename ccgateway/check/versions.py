"""Asterisk's versions: what works from which on, and what had better not be done with which."""

from __future__ import annotations

import re
from dataclasses import dataclass

_VERSION = re.compile(r"(\d+)\.(\d+)(?:\.(\d+))?")


@dataclass(frozen=True, slots=True, order=True)
class Version:
    """18.26.0; those without numbers (``GIT-master``) are none."""

    major: int
    minor: int
    patch: int = 0

    @classmethod
    def of(cls, text: str) -> Version | None:
        """The first version in ``text``: ``Asterisk 22.10.1~dfsg built by ...``."""
        found = _VERSION.search(text)
        return cls(int(found[1]), int(found[2]), int(found[3] or 0)) if found else None

    def __str__(self) -> str:
        return f"{self.major}.{self.minor}.{self.patch}"


@dataclass(frozen=True, slots=True)
class Since:
    """What works from which versions on: one a branch; later branches have it from their start."""

    name: str
    serves: str
    versions: tuple[Version, ...]

    def works_on(self, version: Version) -> bool:
        """Whether ``version`` has it."""
        if version.major > max(since.major for since in self.versions):
            return True
        return any(v.major == version.major and version >= v for v in self.versions)

    @property
    def told(self) -> str:
        """``16.22, 18.8 and later branches``."""
        branches = ", ".join(f"{v.major}.{v.minor}" for v in self.versions)
        return f"{branches} and later branches"


DIALPLAN = (
    Since(
        "CHANNEL_EXISTS",
        "the agents' keys that pass callers on, and their ways back",
        (Version(16, 22), Version(18, 8)),
    ),
    Since("BlindTransfer", "passing callers on", (Version(13, 28), Version(16, 5))),
    Since("BridgeAdd", "a talk of three", (Version(14, 0),)),
)
"""All that our dialplan calls and that is younger than Asterisk 13.8, by Asterisk's own
documentation (core-en_US.xml)."""

EVENTFILTER = Since(
    "eventfilter(action(...),name(...)) in manager.conf",
    "fewer events, where somebody wants that",
    (Version(18, 26), Version(20, 11), Version(21, 6), Version(22, 1)),
)

NO_GONE_KEY = Version(21, 0)
"""The first without features.conf's GONE_KEY, by Asterisk's changelog."""


@dataclass(frozen=True, slots=True)
class Risk:
    """What is dangerous with some versions."""

    version: Version
    what: str
    instead: str


RISKS = (
    Risk(
        Version(18, 18, 0),
        "the AMI action MixMonitorMute deadlocks the channel it mutes",
        "18.18.1 or later",
    ),
)
"""The gateway has none of these actions; who else uses the AMI may."""
