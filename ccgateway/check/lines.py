"""The settings of .conf files as Asterisk takes them, and the lines that change them."""

from __future__ import annotations

import tomllib
from ipaddress import ip_address
from pathlib import Path

from ccgateway.check.finding import Mend
from ccgateway.check.system import Files
from ccgateway.conffile import Setting
from ccgateway.config.locate import locate

_TRUE = frozenset({"yes", "true", "y", "t", "1", "on"})
"""What Asterisk's ast_true() takes for yes."""


def is_true(value: str | None) -> bool:
    """As Asterisk reads a switch."""
    return value is not None and value.lower() in _TRUE


def is_address(text: str) -> bool:
    """No name."""
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


def address_of(listen: str) -> str:
    """Where who listens there is found, as far as the TOML tells."""
    known = is_address(listen) and not ip_address(listen).is_unspecified
    return listen if known else "127.0.0.1"


def last(files: Files, name: str, section: str, key: str) -> str | None:
    """The value of ``key`` where Asterisk walks through a section, and the last line counts."""
    found = files.section(name, section)
    return found.get(key) if found else None


def first(files: Files, name: str, section: str, key: str) -> Setting | None:
    """The line of ``key`` where Asterisk asks for a value (ast_variable_retrieve), and takes the
    first: one that is added later changes nothing."""
    found = files.section(name, section)
    settings = found.settings if found else []
    return next((s for s in settings if s.key.lower() == key.lower()), None)


def merged(files: Files, name: str, section: str) -> list[Setting]:
    """All lines of all sections of that name, as files of Asterisk's newer option reader (features,
    cel) and the dialplan's contexts are taken."""
    return [s for found in files.of(name).named(section) for s in found.settings]


def add(files: Files, name: str, section: str, *lines: str, reload: str = "") -> Mend:
    """Lines for a section, at the end of the file."""
    there = files.section(name, section) is not None
    header = f"[{section}](+)" if there else f"[{section}]"
    return Mend((header, *lines), files.home[name], then=rx(files, reload))


def write(files: Files, name: str, section: str, line: str, *, reload: str) -> Mend:
    """``key = value``, a ``first`` value: in place of the line that counts now, else added."""
    old = first(files, name, section, line.partition("=")[0].strip())
    if old is None:
        return add(files, name, section, line, reload=reload)
    return instead(files, old, line, reload=reload)


def instead(files: Files, old: Setting, *lines: str, reload: str = "") -> Mend:
    """Lines in place of one that stands in a file."""
    return Mend(lines, old.place.file, old.place.line, then=rx(files, reload))


def without(files: Files, old: Setting, *, reload: str = "") -> Mend:
    """The line as a comment."""
    return instead(files, old, f";{old.key} => {old.value}", reload=reload)


def rx(files: Files, command: str) -> str:
    """The shell's command by which Asterisk does ``command``; '' for none."""
    return f"{files.console} -rx '{command}'" if command else ""


def in_toml(file: Path, path: tuple[str | int, ...], line: str) -> Mend | None:
    """A line for a key of our TOML file: in place of the one that is there, else below the header
    of its table, else below a header of its own. None where what is there is more than a line, or
    less."""
    text = file.read_text("utf-8")
    rows, at = text.splitlines(), locate(text).at
    then = "ccgateway reload"
    if path in at:
        if not _is_alone(rows[at[path] - 1], path[-1]):
            return None
        return Mend((line,), file, at[path], then=then)
    table = path[:-1]
    if table in at and rows[at[table] - 1].lstrip().startswith("["):
        return Mend((rows[at[table] - 1], line), file, at[table], then=then)
    return Mend((f"[{table[0]}]", line), file, then=then)


def _is_alone(row: str, key: str | int) -> bool:
    """Whether a line of a TOML file holds one key with its whole value, and nothing else."""
    try:
        return [*tomllib.loads(row)] == [key]
    except tomllib.TOMLDecodeError:
        return False
