"""Who runs in a data folder: what ``postmaster.pid`` says, held against the process table."""

from __future__ import annotations

import re
import signal
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import psutil

DIES_WITH = "dies-with-"
"""Begins the cluster_name of a server that ends with its parent; the parent's pid follows."""

_DIES_WITH = re.compile(rf"cluster_name={DIES_WITH}(\d+)$")
_PID, _PORT, _STATUS = 0, 3, 7  # lines of postmaster.pid (miscadmin.h, LOCK_FILE_LINE_*)


@dataclass(frozen=True, slots=True)
class Postmaster:
    """A running server: its process, its port, and its state (starting, ready, stopping)."""

    process: psutil.Process
    port: int
    status: str

    @property
    def dies_with(self) -> int | None:
        """The pid of the parent that it ends with, or None where it outlives its parent."""
        try:
            words = self.process.cmdline()
        except psutil.Error:
            return None
        found = [match for word in words if (match := _DIES_WITH.search(word))]
        return int(found[0][1]) if found else None

    def is_running(self) -> bool:
        """Whether it is still there (a pid used again by another process is not)."""
        try:
            return self.process.is_running() and self.process.status() != psutil.STATUS_ZOMBIE
        except psutil.Error:
            return False

    def send(self, number: signal.Signals) -> None:
        """Send it a signal; a server that is gone already is fine."""
        if self.is_running():
            self.process.send_signal(number)


def find(data_dir: Path) -> Postmaster | None:
    """The server of a data folder, or None where none runs.

    PostgreSQL's working directory is its data folder: a pid that another program got after a
    crash is told apart by that, and its stale file is removed (PostgreSQL itself would refuse to
    start while the pid is anybody's). Backends that outlive a killed server are still safe: the
    shared memory, which is found by the folder's inode, tells the next server of them.
    """
    pid_file = data_dir / "postmaster.pid"
    try:
        lines = pid_file.read_text().splitlines()
        pid = int(lines[_PID])
    except (OSError, ValueError, IndexError):
        return None
    try:
        process = psutil.Process(pid)
        ours = _serves(process, data_dir)
    except (psutil.ZombieProcess, psutil.AccessDenied):
        ours = False  # dead but not reaped (for ever in a container without init), or another's
    except psutil.NoSuchProcess:
        return None
    if not ours:
        pid_file.unlink(missing_ok=True)
        return None
    port = int(lines[_PORT]) if len(lines) > _PORT else 0
    return Postmaster(process, port, lines[_STATUS].strip() if len(lines) > _STATUS else "starting")


def _serves(process: psutil.Process, data_dir: Path) -> bool:
    """Whether its working directory is the data folder. Root in a container may lack the right
    (CAP_SYS_PTRACE) to see that of nobody's process: then its command line tells."""
    try:
        folder = process.cwd()
    except psutil.AccessDenied:
        words = process.cmdline()
        folder = next((after for word, after in pairwise(words) if word == "-D"), "/")
    return Path(folder).resolve() == data_dir.resolve()
