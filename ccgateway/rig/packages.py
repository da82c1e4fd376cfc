"""The Debian packages that the rig needs, installed by apt-get only where they are missing."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterable

from ccgateway.rig.errors import RigError
from ccgateway.rig.progress import Progress

PACKAGE_OF = {"sipp": "sip-tester", "mmdebstrap": "mmdebstrap", "setpriv": "util-linux"}
"""Command -> the Debian package that brings it."""

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


def _apt(*words: str) -> None:
    done = subprocess.run(
        ["apt-get", "-q", "-o", f"DPkg::Lock::Timeout={LOCK_WAIT}", *words],
        env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RigError(f"apt-get {' '.join(words)} failed:\n{(done.stdout + done.stderr)[-2000:]}")
