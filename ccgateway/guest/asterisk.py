"""Where an Asterisk of this machine has its files."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

from ccgateway.conffile import ConfFault, ConfFile, read
from ccgateway.guest.fault import GuestFault, NoAsterisk
from ccgateway.guest.line import OURS

MAIN = "asterisk.conf"
USUAL = (Path("/etc/asterisk"), Path("/usr/local/etc/asterisk"))
USUAL_LOG = "/var/log/asterisk"


@dataclass(frozen=True, slots=True)
class Asterisk:
    """One Asterisk. All paths are as we see them: ``root`` is where its own / is, which is
    another one than ours in a chroot, or a container whose files are mounted here. ``main`` is its
    asterisk.conf, which may be elsewhere than ``etc``, the folder of all others."""

    etc: Path
    log: Path
    root: Path
    main: Path

    @property
    def ours(self) -> Path:
        """The folder of our files."""
        return self.etc / OURS

    @property
    def conf(self) -> str:
        """Its ``asterisk.conf``, as Asterisk itself sees it."""
        return f"/{self.main.relative_to(self.root)}"


def find(etc: Path | None = None, root: Path = Path("/")) -> Asterisk:
    """The Asterisk whose configuration is in ``etc``; without that the one that runs, or the one
    in the usual places. Raises NoAsterisk where there is none, GuestFault or OSError where its
    files cannot be read."""
    root = root.resolve()
    if etc and root == Path("/"):
        etc = etc.absolute()
    here = _running() if root == Path("/") else ()
    places = [root / str(etc).lstrip("/")] if etc else [*here, *_usual(root)]
    for place in places:
        if (place / MAIN).is_file():
            return _described(place.resolve(), root)
    said = ", ".join(str(place) for place in places)
    raise NoAsterisk(
        f"no Asterisk found: there is no {MAIN} in {said}; say where it is: --etc FOLDER"
    )


def _usual(root: Path) -> list[Path]:
    return [root / str(place).lstrip("/") for place in USUAL]


def _running() -> Iterator[Path]:
    """The configuration folders of the Asterisks that run: ``asterisk -C FILE``."""
    for process in psutil.process_iter(["name", "cmdline"]):
        words = process.info["cmdline"] or []
        if process.info["name"] == "asterisk" and "-C" in words[:-1]:
            with suppress(psutil.Error, OSError):  # ended, or not ours to look at
                seen_from = Path(process.cwd()) if process.cwd() else Path("/")
                yield (seen_from / words[words.index("-C") + 1]).parent


def _described(etc: Path, root: Path) -> Asterisk:
    try:
        file = read(etc / MAIN, etc)
    except ConfFault as error:
        raise GuestFault(str(error)) from error
    log = root / _directory(file, "astlogdir", USUAL_LOG).lstrip("/")
    moved = _directory(file, "astetcdir", "")
    found = root / moved.lstrip("/") if moved else etc
    return Asterisk(found if found.is_dir() else etc, log, root, etc / MAIN)


def _directory(file: ConfFile, key: str, usual: str) -> str:
    """What [directories] says; one that is a template, as in the sample, says nothing."""
    return next((s.get(key) or usual for s in file.named("directories")), usual)
