"""The rig's Asterisk: a Debian root file system, made once by the same install script as the
Docker image, and kept outside the repository."""

from __future__ import annotations

import hashlib
import os
import shutil
import socket
import subprocess
from pathlib import Path

from ccgateway.rig import cache, packages
from ccgateway.rig.errors import RigError
from ccgateway.rig.processes import MARK, is_abandoned
from ccgateway.rig.progress import Progress
from ccgateway.shipped import shipped

SUITES = {"rootfs": "sid", "debian11": "bullseye"}
"""Debian's suites with an Asterisk, by the names that ``--asterisk`` has for them: 22 LTS, and
16.28. Debian 12 has none."""

INSTANCES = "srv"  # within the rootfs: one folder per running rig


def ensure(progress: Progress, kind: str = "rootfs") -> Path:
    """The rootfs that belongs to the install script as it is now; built where it is missing.

    ``kind``: one of ``SUITES``; each has a rootfs of its own beside the others. Parallel starters
    build it once. Raises RigError with the last lines of what failed.
    """
    script = shipped("docker/install-asterisk.sh")
    home = cache.folder()
    digest = hashlib.sha256(script.read_bytes()).hexdigest()
    rootfs = home / f"{kind}-{digest[:16]}"
    if not rootfs.exists():
        packages.ensure(["mmdebstrap"], progress)
        with cache.one_at_a_time(home / f"{kind}.lock"):
            if not rootfs.exists():
                _build(script, SUITES[kind], rootfs, progress)
                _remove_old(home, kind, rootfs)
    _name_the_machine(rootfs)
    return rootfs


def _build(script: Path, suite: str, rootfs: Path, progress: Progress) -> None:
    if os.geteuid() != 0:
        raise RigError("the rig's Asterisk runs in a chroot: run this as root")
    progress("building the Asterisk root file system (about 300 MB, once)", 40)
    half = rootfs.with_name(f"half-{rootfs.name}")
    shutil.rmtree(half, ignore_errors=True)
    inside = "/root/install-asterisk.sh"
    done = subprocess.run(
        [
            "mmdebstrap",
            "--variant=apt",
            # the suite's Release file may be past its valid-until date on a mirror that lags
            '--aptopt=Acquire::Check-Valid-Until "false"',
            '--aptopt=APT::Install-Recommends "false"',
            f"--customize-hook=copy-in {script} /root",
            f'--customize-hook=chroot "$1" sh {inside}',
            suite,
            str(half),
            mirror(),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RigError(f"the root file system could not be built:\n{done.stderr[-3000:]}")
    half.rename(rootfs)


def mirror() -> str:
    """The Debian mirror that this machine's own apt is configured with."""
    found = _mirrors()
    if not found:
        packages.update()
        found = _mirrors()
    if not found:
        raise RigError("apt knows no Debian mirror: see /etc/apt/sources.list.d")
    return found[0]


def _mirrors() -> list[str]:
    of_debian = ("Origin: Debian", f"Codename: {_codename()}")
    told = subprocess.run(
        ["apt-get", "indextargets", "--format", "$(REPO_URI)", *of_debian],
        capture_output=True,
        text=True,
        check=False,
    )
    return told.stdout.split()


def _codename() -> str:
    for line in Path("/etc/os-release").read_text(encoding="utf-8").splitlines():
        if line.startswith("VERSION_CODENAME="):
            return line.partition("=")[2].strip('"')
    raise RigError("this is no Debian: try --asterisk installed or --asterisk docker")


def _name_the_machine(rootfs: Path) -> None:
    """Asterisk looks its machine's own name up; without it in /etc/hosts, or with a resolver that
    does not answer, it stalls for 5 s at a time. Written whole or not at all: rigs start side by
    side."""
    _write(rootfs / "etc/hosts", f"127.0.0.1 localhost {socket.gethostname()}\n")
    _write(rootfs / "etc/resolv.conf", "")


def _write(path: Path, text: str) -> None:
    if path.is_file() and not path.is_symlink() and path.read_text(encoding="utf-8") == text:
        return
    half = path.with_name(f".{path.name}.{os.getpid()}")
    half.write_text(text, encoding="utf-8")
    half.rename(path)


def _remove_old(home: Path, kind: str, current: Path) -> None:
    """Remove its rootfs of older scripts, but for those that a living rig still runs from."""
    for old in home.glob(f"{kind}-*"):
        marks = old.glob(f"{INSTANCES}/*/{MARK}")
        if old != current and all(is_abandoned(found.parent) for found in marks):
            shutil.rmtree(old, ignore_errors=True)
