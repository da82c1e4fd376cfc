"""Processes that never outlive us, also when we are killed by SIGKILL, and marks by which the
next start finds what a dead run left behind."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

import psutil

MARK = "owner.json"
GRACE = 5.0  # seconds for a process to end by itself before it is killed


def start(
    command: Sequence[str],
    log: Path,
    *,
    cwd: Path | None = None,
    extra_env: dict[str, str] | None = None,
) -> subprocess.Popen[bytes]:
    """Start a process that the kernel kills when we die (PR_SET_PDEATHSIG, by setpriv, which
    stays in force over chroot and exec). Must be called from a thread that lives on: the kernel
    looks at the parent *thread*."""
    with log.open("ab") as out:
        return subprocess.Popen(
            ["setpriv", "--pdeathsig", "KILL", "--", *command],
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            cwd=cwd,
            env={**os.environ, **(extra_env or {})},
            start_new_session=True,  # Ctrl-C in a terminal is for us; we stop them in order
        )


def reap(process: subprocess.Popen[bytes]) -> None:
    """Take note of its end as soon as it comes: until somebody does, it stays as a zombie. Must be
    called from the event loop's thread."""
    loop, handle = asyncio.get_running_loop(), os.pidfd_open(process.pid)

    def ended() -> None:  # the kernel makes the handle readable then
        loop.remove_reader(handle)
        os.close(handle)
        process.poll()

    loop.add_reader(handle, ended)


def stop(process: subprocess.Popen[bytes], grace: float = GRACE) -> None:
    """End a process: SIGTERM, and SIGKILL where that does not help. Harmless when it is gone."""
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(grace)
        except subprocess.TimeoutExpired:
            process.kill()
    process.wait()


def mark(folder: Path) -> None:
    """Note in a folder that it belongs to this process (number and start time: numbers return)."""
    me = psutil.Process()
    text = json.dumps({"pid": me.pid, "started": me.create_time()})
    (folder / MARK).write_text(text, encoding="utf-8")


def is_abandoned(folder: Path) -> bool:
    """Whether the process that marked a folder is gone. Folders without a mark are not ours."""
    try:
        owner = json.loads((folder / MARK).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    try:
        started = psutil.Process(owner["pid"]).create_time()
    except psutil.NoSuchProcess:
        return True
    return bool(abs(started - owner["started"]) > 1)  # create_time is exact to a clock tick


def sweep(parent: Path, pattern: str) -> list[Path]:
    """Remove the folders of dead runs; return them."""
    gone = [folder for folder in parent.glob(pattern) if is_abandoned(folder)]
    for folder in gone:
        shutil.rmtree(folder, ignore_errors=True)  # a parallel start may sweep the same one
    return gone
