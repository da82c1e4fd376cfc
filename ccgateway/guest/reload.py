"""Asterisk told to read its files anew, by ``asterisk -rx``."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from ccgateway.guest.asterisk import Asterisk

AT_MOST_S = 30.0
"""A large dialplan takes seconds to be read."""

_NOT_LOADED = re.compile(
    r"No such module '?(?P<missing>[\w.]+)|module '(?P<idle>[\w.]+)' was not properly initialized"
)
_FAULTS = ("No such", "Unable to", "not found", "failed", "Error")
"""How Asterisk says that a command did not do: its exit code is 0 all the same."""


@dataclass(frozen=True, slots=True)
class Told:
    """A command, and what Asterisk said to it; or, where it was not ``reached``, why."""

    command: str
    reached: bool
    said: str

    @property
    def done(self) -> bool:
        return self.reached and not any(fault in self.said for fault in _FAULTS)


def reload(asterisk: Asterisk, commands: Iterable[str]) -> list[Told]:
    """Each of the commands, in order; none after one that did not reach Asterisk."""
    told = []
    for command in commands:
        told.append(_tell(asterisk, command))
        if not told[-1].reached:
            break
    return told


def command_line(asterisk: Asterisk, command: str) -> list[str]:
    """What runs a command of Asterisk's CLI."""
    into = [] if asterisk.root == Path("/") else ["chroot", str(asterisk.root)]
    return [*into, "asterisk", "-C", asterisk.conf, "-rx", command]


def _tell(asterisk: Asterisk, command: str) -> Told:
    reached, said = _run(command_line(asterisk, command))
    module = _NOT_LOADED.search(said)
    if module and command.startswith("module reload"):  # it had nothing to do until now
        name = module["missing"] or module["idle"]
        reached, said = _run(command_line(asterisk, f"module load {name}"))
    return Told(command, reached, said)


def _run(line: list[str]) -> tuple[bool, str]:
    try:
        ran = subprocess.run(line, capture_output=True, check=False, timeout=AT_MOST_S)
    except (OSError, subprocess.TimeoutExpired) as error:
        return False, str(error)
    said = (ran.stdout + ran.stderr).decode(errors="replace").strip()
    return ran.returncode == 0, said
