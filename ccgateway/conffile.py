"""A reader of Asterisk's .conf files, as Asterisk's own main/config.c reads them.

Templates ``[x](!)``, inheritance ``[x](parent)``, additions ``[x](+)``, ``#include`` and
``#tryinclude`` with globs, ``;`` and ``;-- --;`` comments, ``=``, ``=>`` and ``+=``, repeated keys
and sections in their order. Every value knows its file and line. Where the manuals are silent it
does as Asterisk 22's GetConfig was seen to do; what Asterisk passes over with a warning is a fault
here. ``#exec`` is never run: where it stands is told, and what it makes is missing.
"""

from __future__ import annotations

import fnmatch
import glob
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ccgateway.errors import CcgError

DEEPEST_INCLUDE = 10
"""Files within files; Asterisk's own limit (MAX_INCLUDE_LEVEL)."""

_SECTION = re.compile(r"\[(?P<name>[^\]]+)\]\s*(?:\((?P<options>[^)]*)\))?\s*")
_DIRECTIVE = re.compile(r"#(?P<name>\w+)\s*(?P<file>.*)")
_NOTE = re.compile(r"#(?!\w)")  # no directive: Asterisk warns and goes on
_SEMICOLON = re.compile(r"(?P<escaped>\\;)|(?P<begin>;--(?!-))|(?P<end>--;)|;")


class ConfFault(CcgError):
    """A .conf file cannot be read."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where something stands; ``line`` counts from 1."""

    file: Path
    line: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


@dataclass(frozen=True, slots=True)
class Setting:
    """One line ``key = value``; an inherited one keeps the place where it was written."""

    key: str
    value: str
    place: Place


@dataclass(frozen=True, slots=True)
class Section:
    """One ``[name]`` with its settings in order, the inherited ones first. pjsip.conf has several
    of a name; those added by ``(+)`` are part of the one that they add to."""

    name: str
    place: Place
    template: bool = False
    settings: list[Setting] = field(default_factory=list)

    def values(self, key: str) -> list[str]:
        """The values of ``key``, in order; keys count without regard to case."""
        return [s.value for s in self.settings if s.key.lower() == key.lower()]

    def get(self, key: str) -> str | None:
        """The last value of ``key``: the one that overrides those inherited."""
        return next(reversed(self.values(key)), None)


@dataclass(frozen=True, slots=True)
class ConfFile:
    """A .conf file with all that it includes. ``execs``: its lines ``#exec``, whose output is not
    here. ``supposed``: sections that a line adds to, or inherits from, and that none but those can
    have made."""

    sections: list[Section]
    execs: list[Place] = field(default_factory=list)
    supposed: set[str] = field(default_factory=set)

    def named(self, name: str) -> list[Section]:
        """All sections of that name that are no templates."""
        return [s for s in self.sections if s.name == name and not s.template]


def read(
    path: Path | str,
    folder: Path | str | None = None,
    instead: Mapping[Path, str] | None = None,
) -> ConfFile:
    """Read ``path``. ``folder`` is where relative includes begin, Asterisk's ``astetcdir``; the
    file's own where None. ``instead``: files as they shall be, which are read in place of what is
    on the disk, if anything is. Raises ConfFault: file, line, what is wrong."""
    path = Path(path)
    reader = _Reader(Path(folder) if folder is not None else path.parent, instead or {})
    reader.file(path, 0)
    return reader.conf


class _Reader:
    def __init__(self, folder: Path, instead: Mapping[Path, str]) -> None:
        self._folder = folder
        self._instead = instead
        self._section: Section | None = None
        self.conf = ConfFile([])

    def file(self, path: Path, depth: int) -> None:
        for number, line in _without_comments(self._text(path), path):
            place = Place(path, number)
            if line.startswith("["):
                self._begin(line, place)
            elif line.startswith("#"):
                self._directive(line, place, depth)
            else:
                self._setting(line, place)

    def _text(self, path: Path) -> str:
        if path in self._instead:
            return self._instead[path]
        try:
            return path.read_text("utf-8-sig", errors="surrogateescape")
        except OSError as error:
            raise ConfFault(f"{path}: cannot be read: {error.strerror or error}") from error

    def _begin(self, line: str, place: Place) -> None:
        found = _SECTION.fullmatch(line)
        if not found:
            raise ConfFault(f"{place}: found {line!r}, wanted [name] or [name](options)")
        name = found["name"]
        # No blanks taken off: Asterisk looks for a section " b" in (a, b), and loads nothing.
        options = (found["options"] or "").split(",") if found["options"] else []
        if "+" in options:
            self._section = self._first(name, place, templates=False)
        else:
            self._section = Section(name, place, template="!" in options)
        for parent in options:
            if parent not in ("!", "+"):
                self._section.settings.extend(self._first(parent, place).settings)
        if "+" not in options:
            self.conf.sections.append(self._section)

    def _first(self, name: str, place: Place, *, templates: bool = True) -> Section:
        """The section that an option of ``[x](...)`` means: the first of the name, as Asterisk."""
        for section in self.conf.sections:
            if section.name == name and (templates or not section.template):
                return section
        if self.conf.execs:
            supposed = Section(name, place, template=templates)
            self.conf.supposed.add(name)
            self.conf.sections.append(supposed)
            return supposed
        kind = "section" if templates else "section (no template)"
        raise ConfFault(f"{place}: there is no {kind} [{name}] before this line")

    def _setting(self, line: str, place: Place) -> None:
        key, equals, value = line.partition("=")
        appends = key.endswith("+")
        key = key.removesuffix("+").strip()
        if not equals or not key:
            raise ConfFault(f"{place}: found {line!r}, wanted key = value")
        if self._section is None:
            if self.conf.execs:  # its section may have come from there
                return
            raise ConfFault(f"{place}: {key} stands before the first [section]")
        if appends and self._append(self._section, key, value, place):
            return
        self._section.settings.append(Setting(key, value.removeprefix(">").strip(), place))

    def _append(self, section: Section, key: str, value: str, place: Place) -> bool:
        """``key += value``: the raw text after ``=`` joins the last value of ``key``, if any."""
        for number, setting in reversed(list(enumerate(section.settings))):
            if setting.key == key:
                section.settings[number] = Setting(key, setting.value + value, place)
                return True
        return False

    def _directive(self, line: str, place: Place, depth: int) -> None:
        found = _DIRECTIVE.fullmatch(line)
        name = found["name"].lower() if found else ""
        if name == "exec":
            self.conf.execs.append(place)
            return
        if not found or name not in ("include", "tryinclude"):
            raise ConfFault(f"{place}: found {line!r}, wanted #include, #tryinclude or #exec")
        if depth == DEEPEST_INCLUDE:
            raise ConfFault(f"{place}: more than {DEEPEST_INCLUDE} files include one another")
        wanted = found["file"].strip().strip('"').removeprefix("<").removesuffix(">")
        pattern = str(self._folder / wanted)
        files = set(glob.glob(pattern))  # noqa: PTH207 - may be absolute
        files.update(fnmatch.filter(map(str, self._instead), pattern))
        if not files and name == "include":
            raise ConfFault(f"{place}: no file {wanted} (from {self._folder}); #tryinclude allows")
        for file in sorted(files):
            self.file(Path(file), depth + 1)


def _without_comments(text: str, path: Path) -> Iterator[tuple[int, str]]:
    """The lines that say something, with their numbers. Comments ``;-- --;`` nest."""
    begun: list[int] = []
    for number, line in enumerate(text.split("\n"), 1):
        said = _said(line, number, begun, path).strip()
        if said and not _NOTE.match(said):
            yield number, said
    if begun:
        raise ConfFault(f"{path}:{begun[-1]}: the comment ;-- that begins here has no end --;")


def _said(line: str, number: int, begun: list[int], path: Path) -> str:
    """What a line says outside comments. ``begun``: the lines of the comments that are open."""
    said, position = "", 0
    for mark in _SEMICOLON.finditer(line):
        if not begun:
            said += line[position : mark.start()]
        position = mark.end()
        if mark["begin"]:
            begun.append(number)
        elif mark["end"]:
            if not begun:  # Asterisk takes all that follows for a comment, and says nothing
                raise ConfFault(f"{path}:{number}: --; ends a comment that has not begun")
            begun.pop()
        elif not begun and mark["escaped"]:
            said += ";"
        elif not begun:
            return said
    return said if begun else said + line[position:]
