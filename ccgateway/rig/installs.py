"""Where an Asterisk comes from: a rootfs of the rig's (22 by default, or 16), the machine's own, or
a container."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from ccgateway.rig import rootfs
from ccgateway.rig.errors import RigError
from ccgateway.rig.processes import sweep
from ccgateway.rig.progress import Progress
from ccgateway.rig.repository import ROOT, part

IMAGE = "ccgateway-asterisk"
PREFIX = "rig-"  # of instance folders, and of containers
CHOICE = "CCGATEWAY_RIG_ASTERISK"  # the environment's word for --asterisk: tests are run so
DEFAULT = "rootfs"


class Install(Protocol):
    """One way to run Asterisk."""

    @property
    def instances(self) -> Path:
        """The folder, as we see it, in which instances keep theirs."""

    def inside(self, path: Path) -> str:
        """The same path as Asterisk sees it."""

    def run(self, name: str, command: Sequence[str]) -> list[str]:
        """The command line that starts Asterisk and stays with it."""

    def ask(self, name: str, command: Sequence[str]) -> list[str]:
        """The command line that runs a command beside a running Asterisk."""

    def sweep(self) -> None:
        """Remove what dead runs left behind."""


@dataclass(frozen=True, slots=True)
class Rootfs:
    """Asterisk in a chroot."""

    root: Path

    @property
    def instances(self) -> Path:
        return self.root / rootfs.INSTANCES

    def inside(self, path: Path) -> str:
        return f"/{path.relative_to(self.root)}"

    def run(self, name: str, command: Sequence[str]) -> list[str]:
        return ["chroot", str(self.root), *command]

    ask = run

    def sweep(self) -> None:
        sweep(self.instances, f"{PREFIX}*")


@dataclass(frozen=True, slots=True)
class Installed:
    """The Asterisk on this machine's PATH, with a configuration and folders of our own."""

    instances: Path

    def inside(self, path: Path) -> str:
        return str(path)

    def run(self, name: str, command: Sequence[str]) -> list[str]:
        return list(command)

    ask = run

    def sweep(self) -> None:
        sweep(self.instances, f"{PREFIX}*")


@dataclass(frozen=True, slots=True)
class Docker:
    """Asterisk in a container on the host's network, the instance's folder mounted as it is."""

    instances: Path

    def inside(self, path: Path) -> str:
        return str(path)

    def run(self, name: str, command: Sequence[str]) -> list[str]:
        folder = self.instances / name
        options = [
            "--rm",
            "--network=host",
            "--user=root",  # the instance's folder is root's, as with the other installs
            f"--name={name}",
            f"--volume={folder}:{folder}",
        ]
        return ["docker", "run", *options, IMAGE, *command]

    def ask(self, name: str, command: Sequence[str]) -> list[str]:
        return ["docker", "exec", name, *command]

    def sweep(self) -> None:
        """A container outlives the client that started it: it is removed by its name."""
        for folder in sweep(self.instances, f"{PREFIX}*"):
            subprocess.run(["docker", "rm", "-f", folder.name], capture_output=True, check=False)


def chosen() -> str:
    """What the environment chose for all that name none."""
    return os.environ.get(CHOICE) or DEFAULT


def choose(kind: str, progress: Progress) -> Install:
    """The install for ``--asterisk`` rootfs, debian11, installed or docker. Raises RigError where
    it is not to be had."""
    if kind in rootfs.SUITES:
        return Rootfs(rootfs.ensure(progress, kind))
    if kind not in {"installed", "docker"}:
        known = ", ".join([*rootfs.SUITES, "installed"])
        raise RigError(f"--asterisk {kind}: allowed are {known} and docker")
    instances = Path(tempfile.gettempdir()) / f"ccgateway-{kind}"
    instances.mkdir(exist_ok=True)
    if kind == "installed":
        if not shutil.which("asterisk"):
            raise RigError("there is no asterisk on the PATH of this machine")
        return Installed(instances)
    _build_image(progress)
    return Docker(instances)


def _build_image(progress: Progress) -> None:
    if not shutil.which("docker"):
        raise RigError("there is no docker command on this machine")
    if subprocess.run(["docker", "info"], capture_output=True, check=False).returncode:
        raise RigError("the docker engine does not answer (docker info)")
    progress("building the Asterisk image", 60)
    dockerfile = part("docker/asterisk.Dockerfile")
    build = ["docker", "build", "--network=host", "-t", IMAGE, "-f", str(dockerfile), str(ROOT)]
    done = subprocess.run(build, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RigError(f"docker build failed:\n{(done.stdout + done.stderr)[-2000:]}")
