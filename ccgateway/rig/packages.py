"""The Debian packages that the rig needs: installed by apt-get, or only fetched, and only where
they are missing."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path

from ccgateway.rig.errors import RigError
from ccgateway.rig.progress import Progress

PACKAGE_OF = {
    "sipp": "sip-tester",
    "mmdebstrap": "mmdebstrap",
    "setpriv": "util-linux",
    "baresip": "baresip-core",
    "chromium": "chromium",
    "faketime": "faketime",
}
"""Command -> the Debian package that brings it."""

_LIBRARY = re.compile(r"^[ |]+(?:Pre)?Depends: (lib\S+)$", re.MULTILINE)

LOCK_WAIT = 300  # seconds; another apt may be at work, and takes minutes at most


def ensure(commands: Iterable[str], progress: Progress) -> None:
    """Install what is missing. Raises RigError where apt-get fails or we are not root."""
    missing = sorted({PACKAGE_OF[name] for name in commands if not shutil.which(name)})
    if not missing:
        return
    if os.geteuid() != 0:
        raise RigError(f"Debian packages are missing ({', '.join(missing)}): run this as root")
    progress(f"installing Debian packages: {', '.join(missing)}", 60)
    update()
    _apt("install", "-y", "--no-install-recommends", *missing)


def update() -> None:
    """Let apt learn what its mirrors have; until then it does not even know their names."""
    _apt("update")


def download(names: Iterable[str], folder: Path) -> None:
    """Fetch the .deb files of packages into a folder; nothing is installed. Raises RigError."""
    try:
        _apt("download", *names, cwd=folder)
    except RigError:  # what apt knows of its mirrors may be old, or nothing at all
        update()
        _apt("download", *names, cwd=folder)


def missing_libraries(names: Iterable[str], *, besides: str) -> list[str]:
    """The libraries that packages depend on, also by way of one another, and that this machine
    lacks; but for those whose name begins with ``besides``."""
    asked: set[str] = set()
    missing: set[str] = set()
    level = set(names)
    while level:
        asked |= level
        told = _told("apt-cache", "depends", *sorted(level))
        level = set(_LIBRARY.findall(told)) - asked
        level = {name for name in level - _installed(level) if not name.startswith(besides)}
        missing |= level
    return sorted(missing)


def _installed(names: Iterable[str]) -> set[str]:
    told = _told("dpkg-query", "-W", "-f", "${db:Status-Status} ${Package}\n", *names)
    return {line.split()[1] for line in told.splitlines() if line.startswith("installed ")}


def _told(*words: str) -> str:
    """What a command says. Packages that it does not know are complained of, and left out."""
    return subprocess.run(words, capture_output=True, text=True, check=False).stdout


def _apt(*words: str, cwd: Path | None = None) -> None:
    done = subprocess.run(
        ["apt-get", "-q", "-o", f"DPkg::Lock::Timeout={LOCK_WAIT}", *words],
        env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"},
        capture_output=True,
        text=True,
        check=False,
        cwd=cwd,
    )
    if done.returncode:
        raise RigError(f"apt-get {' '.join(words)} failed:\n{(done.stdout + done.stderr)[-2000:]}")
