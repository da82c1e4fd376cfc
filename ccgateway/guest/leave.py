"""The plan of ``ccgateway uninstall``: our lines out of his files, and our folder away."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from ccgateway.conffile import ConfFault, ConfFile, read
from ccgateway.guest.answers import FILE
from ccgateway.guest.asterisk import Asterisk
from ccgateway.guest.fault import GuestFault
from ccgateway.guest.his import PARTS
from ccgateway.guest.line import OURS, is_in, take_out
from ccgateway.guest.plan import Change, Plan

_NAMES = {FILE, *(part.file for part in PARTS)}
_INCLUDE = re.compile(rb'^[ \t]*#include[ \t]+["<]?(\S*)/', re.MULTILINE | re.IGNORECASE)


def leave(asterisk: Asterisk) -> Plan:
    """The plan. Raises GuestFault where something of his needs what is ours, OSError where his
    files cannot be read."""
    lines = [*map(_without, filter(_has_line, _his(asterisk)))]
    _needed(asterisk, lines)
    _included(asterisk)
    files = sorted(asterisk.ours.iterdir()) if asterisk.ours.is_dir() else []
    ours = [_away(file) for file in files if _is_ours(file)]
    strange = [file for file in files if not _is_ours(file)]
    return Plan(
        changes=[*lines, *ours],
        old_folders=[asterisk.ours] if _is_folder(asterisk.ours) and not strange else [],
        reloads=[part.reload for part in PARTS] if lines else [],
        notes=[f"{file} stays: it is not ccgateway's" for file in strange],
    )


def _his(asterisk: Asterisk) -> Iterator[Path]:
    """His files; he may have moved our line into one in a folder of its own."""
    for file in sorted(asterisk.etc.rglob("*.conf")):
        if asterisk.ours not in file.parents:
            yield file


def _is_folder(path: Path) -> bool:
    """No link to one, which is his."""
    return path.is_dir() and not path.is_symlink()


def _included(asterisk: Asterisk) -> None:
    """An #include of a file that is not there keeps Asterisk from reading anything of his file. One
    that we did not write, by hand or by a line of ``ccgateway check``, is his to take out."""
    ours = {OURS, f"./{OURS}", f"/{asterisk.ours.relative_to(asterisk.root)}"}
    for file in _his(asterisk):
        text = file.read_bytes() if file.is_file() else b""
        for found in _INCLUDE.finditer(text):
            if found[1].decode(errors="replace") not in ours:
                continue
            end = text.find(b"\n", found.start())
            if not is_in(text[found.start() : end + 1 if end >= 0 else len(text)]):
                number = text.count(b"\n", 0, found.start()) + 1
                raise GuestFault(
                    f"{file}:{number}: this line includes what is ccgateway's, and is not the one "
                    f"that init wrote: take it out first, or Asterisk would not read this file"
                )


def _needed(asterisk: Asterisk, lines: Iterable[Change]) -> None:
    """A [first](+) of his is an error without our [first], and Asterisk would read nothing more of
    that file. A file that cannot be read now is no worse then."""
    without = {
        change.path: change.after.decode("utf-8", "surrogateescape")
        for change in lines
        if change.after is not None
    }
    for part in PARTS:
        file = asterisk.etc / part.file
        now = _read(file, asterisk) if file.exists() else None
        if not isinstance(now, ConfFile):
            continue
        then = _read(file, asterisk, without)
        if isinstance(then, ConfFault):
            raise GuestFault(f"{then}; without ccgateway's: take your lines there out first")
        for name in sorted(then.supposed - now.supposed):  # what an #exec makes is not seen
            raise GuestFault(
                f"{file}: a line of yours builds on ccgateway's [{name}]: take it out first"
            )


def _read(
    file: Path, asterisk: Asterisk, instead: Mapping[Path, str] | None = None
) -> ConfFile | ConfFault:
    try:
        return read(file, asterisk.etc, instead)
    except ConfFault as fault:
        return fault


def _has_line(file: Path) -> bool:
    return file.is_file() and is_in(file.read_bytes())


def _without(file: Path) -> Change:
    before = file.read_bytes()
    return Change(file, before, take_out(before), "ccgateway's line out of it")


def _away(file: Path) -> Change:
    return Change(file, file.read_bytes(), None, "ccgateway's own", like=file.parent.parent)


def _is_ours(file: Path) -> bool:
    return file.name in _NAMES or (file.name.startswith("ccg") and file.suffix == ".conf")
