"""A Docker engine for tests: the machine's, where it answers, else one of our own that is started
by hand and leaves the machine's network as it was.

Where no registry of images can be reached, the base images of our Dockerfiles are made from
Debian's packages under the same names: the files are proved, not the official images' contents.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from ccgateway.rig import cache, packages, processes, rootfs
from ccgateway.rig.errors import RigError
from ccgateway.rig.progress import Progress
from ccgateway.rig.repository import part

PREFIX = "ccgateway-docker-"
PROGRAMS = ("docker", "dockerd", "iptables", "iptables-save", "ip")
UP_WITHIN = 30.0  # seconds; it takes one
DOWN_WITHIN = 20.0  # seconds: its containers end with it
BUILD_WITHIN = 900.0  # seconds for all images; it takes two minutes
PULLED_WITHIN = 120.0  # seconds for 30 MB; who is cut off from registries may wait for nothing
LEFT_OUT = ("doc", "info", "locale", "man")
"""What slim images have not of /usr/share, nor get by packages."""

OUR_CA = Path("/usr/local/share/ca-certificates")
"""Where Debian keeps a company's own CA, without which pip gets nowhere in an image's build."""

_FROM = re.compile(r"^FROM (debian:(\w+)-slim)\b", re.MULTILINE)
_FORWARD = Path("/proc/sys/net/ipv4/ip_forward")


CUT_OFF = ("Temporary failure resolving", "Could not connect to ", "Retry(total=0")
"""What apt and pip say who reach no mirror and no index."""


class NoNetwork(RigError):
    """A build reaches no packages: nothing is said about our files."""


class Engine:
    """Commands to one engine."""

    def __init__(self, host: str = "") -> None:
        # the builder without BuildKit, which would fetch a part of itself from a registry
        own = {"DOCKER_HOST": host} if host else {}
        self._environment = {**os.environ, "DOCKER_BUILDKIT": "0", **own}

    def answers(self) -> bool:
        return bool(shutil.which("docker")) and not self._run(["docker", "info"]).returncode

    def docker(self, *words: str, within: float = BUILD_WITHIN) -> str:
        """What a docker command prints. Raises RigError with its last words."""
        return self._told(["docker", *words], within)

    def compose(self, project: str, *words: str) -> str:
        """What a command for docker/compose.yaml prints: stdout and stderr. ``project``: a name
        that its containers begin with. Raises RigError."""
        file = ["-f", str(part("docker/compose.yaml")), "-p", project]
        return self._told([*self._compose, *file, *words])

    def build(self, project: str, services: Sequence[str]) -> None:
        """Build the images of services, all at a time: a build waits for mirrors and disks as long
        as it works. Raises RigError; NoNetwork where a build reaches no packages."""
        with ThreadPoolExecutor(len(services)) as pool:
            try:
                list(pool.map(lambda service: self.compose(project, "build", service), services))
            except RigError as error:
                if any(words in str(error) for words in CUT_OFF):
                    raise NoNetwork(str(error)) from error
                raise

    def container(self, project: str, service: str) -> str:
        """The id of a service's running container; asked by the labels of Compose, which takes a
        second itself."""
        labels = {"project": project, "service": service}
        of = [f"--filter=label=com.docker.compose.{key}={labels[key]}" for key in labels]
        return self.docker("ps", "-q", *of).strip()

    @property
    def _compose(self) -> list[str]:
        if not self._run(["docker", "compose", "version"]).returncode:
            return ["docker", "compose"]
        if shutil.which("docker-compose"):
            return ["docker-compose"]
        raise RigError("there is no docker compose here: install docker-compose")

    def _told(self, words: Sequence[str], within: float = BUILD_WITHIN) -> str:
        done = self._run(words, within)
        if done.returncode:
            raise RigError(f"{' '.join(words)} failed:\n{(done.stdout or '')[-3000:]}")
        return done.stdout

    def _run(
        self, words: Sequence[str], within: float = BUILD_WITHIN
    ) -> subprocess.CompletedProcess[str]:
        try:
            return subprocess.run(
                words,
                env=self._environment,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                check=False,
                timeout=within,
            )
        except subprocess.TimeoutExpired:
            return subprocess.CompletedProcess(words, 1, f"no end within {within:.0f} s")


@contextmanager
def running(progress: Progress) -> Iterator[Engine]:
    """An engine, with the base images of our Dockerfiles. Raises RigError where there is none."""
    ours = Engine()
    if ours.answers():
        _have_bases(ours, progress)
        yield ours
        return
    missing = [name for name in PROGRAMS if not shutil.which(name)]
    if os.geteuid() != 0 or missing:
        why = f"missing: {', '.join(missing)}" if missing else "not root"
        raise RigError(f"no docker engine answers, and none can be started ({why})")
    with _our_own() as started:
        _have_bases(started, progress)
        yield started


@contextmanager
def _our_own() -> Iterator[Engine]:
    """An engine with data of its own, which are removed at the end."""
    temporary = Path(tempfile.gettempdir())
    processes.sweep(temporary, f"{PREFIX}*")
    folder = Path(tempfile.mkdtemp(prefix=PREFIX))
    processes.mark(folder)
    socket = f"unix://{folder}/docker.sock"
    command = ["dockerd", f"--data-root={folder}/data", f"--exec-root={folder}/exec"]
    command += [f"--pidfile={folder}/docker.pid", f"--host={socket}"]
    with _network_as_it_was():
        process = processes.start(command, folder / "log")
        try:
            engine = Engine(socket)
            deadline = time.monotonic() + UP_WITHIN
            while not engine.answers():
                if process.poll() is not None or time.monotonic() > deadline:
                    raise RigError(f"dockerd does not start:\n{_end(folder / 'log')}")
                time.sleep(0.1)
            yield engine
        finally:
            processes.stop(process, DOWN_WITHIN)
            for mounted in folder.glob("exec/netns/*"):  # what dockerd leaves behind
                subprocess.run(["umount", str(mounted)], capture_output=True, check=False)
            shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _network_as_it_was() -> Iterator[None]:
    """dockerd forwards packets, and sets rules of its own, which stay when it ends."""
    forward, rules = _FORWARD.read_text(), _told("iptables-save")
    try:
        yield
    finally:
        _FORWARD.write_text(forward)
        # tables that nobody had used before are not in the rules: emptied by hand
        for table, chain in (("filter", "FORWARD"), ("nat", "PREROUTING")):
            if f"*{table}" not in rules:
                for words in (("-F",), ("-X",), ("-P", chain, "ACCEPT")):
                    subprocess.run(["iptables", "-t", table, *words], check=False)
        subprocess.run(["iptables-restore"], input=rules, text=True, check=False)
        subprocess.run(["ip", "link", "delete", "docker0"], capture_output=True, check=False)


def _have_bases(engine: Engine, progress: Progress) -> None:
    """The images that our Dockerfiles begin with: there, or pulled, or made; all at a time."""
    texts = [file.read_text("utf-8") for file in sorted(part("docker").glob("*.Dockerfile"))]
    wanted = sorted({found for text in texts for found in _FROM.findall(text)})

    def have(base: tuple[str, str]) -> None:
        name, suite = base
        if not engine.docker("images", "-q", name).strip() and not _pulled(engine, name):
            engine.docker("import", str(_made(suite, progress)), name)

    with ThreadPoolExecutor(len(wanted)) as pool:
        list(pool.map(have, wanted))


def _pulled(engine: Engine, name: str) -> bool:
    try:
        engine.docker("pull", "-q", name, within=PULLED_WITHIN)
    except RigError:
        return False
    return True


def _made(suite: str, progress: Progress) -> Path:
    """A root file system as the official slim image has it, in the cache. Raises RigError."""
    command = _debstrap(suite)
    recipe = hashlib.sha256("\n".join(command).encode()).hexdigest()[:16]
    made = cache.folder() / f"base-{suite}-{recipe}.tar"
    with cache.one_at_a_time(cache.folder() / "base.lock"):
        packages.ensure(["mmdebstrap"], progress)
    with cache.one_at_a_time(cache.folder() / f"base-{suite}.lock"):
        if not made.exists():
            progress(f"making the base image debian:{suite}-slim (no registry answers)", 30)
            half = made.with_name(f"half-{made.name}")
            done = subprocess.run(
                [*command, suite, str(half), rootfs.mirror()],
                capture_output=True,
                text=True,
                check=False,
            )
            if done.returncode:
                raise RigError(f"the base image could not be made:\n{done.stderr[-2000:]}")
            for old in cache.folder().glob(f"base-{suite}*.tar"):
                old.unlink()
            half.rename(made)
    return made


def _debstrap(suite: str) -> list[str]:
    """The recipe: the command without suite, target and mirror."""
    command = ["mmdebstrap", "--variant=minbase"]
    # the suite's Release file may be past its valid-until date on a mirror that lags
    command.append('--aptopt=Acquire::Check-Valid-Until "false"')
    command.append('--aptopt=APT::Install-Recommends "false"')
    # as in the official image: no descriptions in all languages, no fsync for each file
    command += ['--aptopt=Acquire::Languages "none"', "--dpkgopt=force-unsafe-io"]
    command += [f"--dpkgopt=path-exclude=/usr/share/{folder}/*" for folder in LEFT_OUT]
    certificates = sorted(OUR_CA.glob("*.crt"))
    if certificates:
        command += [
            "--include=ca-certificates",
            f"--customize-hook=copy-in {' '.join(map(str, certificates))} {OUR_CA}",
        ]
        command.append('--customize-hook=chroot "$1" update-ca-certificates')
    return command


def _told(*words: str) -> str:
    return subprocess.run(words, capture_output=True, text=True, check=True).stdout


def _end(file: Path) -> str:
    return file.read_text(errors="replace")[-2000:]
