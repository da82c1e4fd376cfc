"""One of Asterisk's configuration files as the administrator has it, without what is ours in it;
and which of his files takes our line.

Where a web interface (FreePBX, Issabel) writes the file itself, the line would be lost at its next
"apply": it has the file include others, ``manager_custom.conf`` and the like, that it leaves alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import takewhile
from pathlib import Path

from ccgateway.conffile import ConfFault, ConfFile, Place, Section, Setting, read
from ccgateway.guest.asterisk import Asterisk
from ccgateway.guest.fault import GuestFault
from ccgateway.guest.line import is_in, put_in

_INCLUDE = re.compile(rb'^\s*#(?:try)?include\s+["<]?(?:\S*/)?([\w.-]+\.conf)', re.MULTILINE)
_NOTHING_YET = "[ccg-nothing-yet]\n"
"""Stands for our file where there is none yet: a section, so that it is seen where it comes."""


@dataclass(frozen=True, slots=True)
class Part:
    """One file of Asterisk's that something of ours belongs in: ``custom`` are the names that web
    interfaces have for the administrator's own part of it, the best one first."""

    file: str
    what: str
    reload: str
    custom: tuple[str, ...] = ()


PARTS = (
    Part("manager.conf", "the AMI user", "manager reload", ("manager_custom.conf",)),
    Part(
        "extensions.conf",
        "the dialplan, the door for callers, the agents' codes",
        "dialplan reload",
        ("extensions_custom.conf",),
    ),
    Part(
        "queues.conf",
        "the managed queues, the fallback queue",
        "queue reload all",
        ("queues_post_custom.conf", "queues_custom.conf"),
    ),
    Part(
        "features.conf",
        "the agents' keys during a talk",
        "module reload features",
        ("features_applicationmap_custom.conf", "features_general_custom.conf"),
    ),
    Part(
        "cel.conf",
        "Asterisk's own journal of calls",
        "module reload cel",
        ("cel_custom_post.conf", "cel_general_custom.conf"),
    ),
    Part("cel_custom.conf", "what stands in that journal", "module reload cel_custom.so"),
)


@dataclass(frozen=True, slots=True)
class His:
    """What is his, and ``file``, which takes our line; ``text`` is what it holds now, None where
    it is not there. ``before``: the sections that stand above our line. ``execs``: his lines
    ``#exec``, whose output is not seen."""

    part: Part
    file: Path
    text: bytes | None
    sections: list[Section] = field(default_factory=list)
    before: frozenset[str] = frozenset()
    execs: Sequence[Place] = ()

    def named(self, name: str) -> list[Section]:
        """His sections of that name."""
        return [section for section in self.sections if section.name == name]

    def settings(self, name: str) -> Iterator[Setting]:
        """All his settings in sections of that name."""
        for section in self.named(name):
            yield from section.settings

    def get(self, name: str, key: str) -> str | None:
        """His last value of a key."""
        found = [s.value for s in self.settings(name) if s.key.lower() == key.lower()]
        return found[-1] if found else None

    def head(self, name: str) -> str:
        """How a section of ours begins that adds to his. Asterisk reads only the first [general]:
        a second one is passed over without a word, and (+) without a first one is an error.
        Raises GuestFault where ours would be the first, and hide his."""
        if name in self.before:
            return f"[{name}](+)"
        for section in self.named(name):
            raise GuestFault(
                f"{section.place}: [{name}] stands below the place of our #include, {self.file}, "
                f"which would hide it: move that file's #include below it"
            )
        return f"[{name}]"


def look(asterisk: Asterisk, part: Part) -> His:
    """Read his file, with all that it includes. Raises GuestFault: what is wrong with it, and
    where; OSError where it may not be read."""
    main = asterisk.etc / part.file
    bad: Place | None = None
    for file in _takers(asterisk.etc, main, part):
        try:
            found, bad = _seen(asterisk, part, file)
        except ConfFault as error:
            raise GuestFault(str(error)) from error
        if not bad:
            return found
    raise GuestFault(
        f"{bad}: this line would belong to ccgateway's last section, for its #include stands above "
        f"it in the same section: put a [section] before it, or move it up"
    )


def included(text: bytes) -> set[str]:
    """The names of the files that a file includes."""
    return {name.decode() for name in _INCLUDE.findall(text)}


def _takers(etc: Path, main: Path, part: Part) -> list[Path]:
    """The files that may take our line: the one that has it already, or his own ones."""
    text = main.read_bytes() if main.is_file() else b""
    named = included(text)
    custom = [etc / name for name in part.custom if name in named and (etc / name).is_file()]
    takers = [*custom, main]
    return [file for file in takers if is_in(_text(file) or b"")] or takers


def _text(file: Path) -> bytes | None:
    if file.exists() and not file.is_file():
        raise GuestFault(f"{file}: no file, but something else that Asterisk cannot read")
    return file.read_bytes() if file.exists() else None


def _seen(asterisk: Asterisk, part: Part, file: Path) -> tuple[His, Place | None]:
    """What is his where our line is in ``file``; and the first line that would become ours."""
    text, ours = _text(file), asterisk.ours / part.file
    now = _text(ours) if is_in(text or b"") else None
    instead = {
        file: _decoded(put_in(text, part.file)),
        ours: _decoded(now) if now else _NOTHING_YET,
    }
    conf = read(asterisk.etc / part.file, asterisk.etc, instead)
    sections = [section for section in conf.sections if not section.template]
    above = takewhile(lambda section: section.place.file.parent != asterisk.ours, sections)
    found = His(
        part,
        file,
        text,
        [_without_ours(s, asterisk) for s in sections if s.place.file.parent != asterisk.ours],
        frozenset(section.name for section in above),
        conf.execs,
    )
    return found, None if now else _stray(conf, ours)


def _without_ours(section: Section, asterisk: Asterisk) -> Section:
    settings = [s for s in section.settings if s.place.file.parent != asterisk.ours]
    return Section(section.name, section.place, section.template, settings)


def _stray(conf: ConfFile, ours: Path) -> Place | None:
    """A line of his below our line that has no [section] of its own."""
    for section in conf.sections:
        for setting in section.settings:
            if section.place.file == ours:
                return setting.place
    return None


def _decoded(text: bytes) -> str:
    return text.decode("utf-8", errors="surrogateescape").removeprefix("\ufeff")
