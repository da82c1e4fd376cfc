"""Reads an Asterisk's configuration folder, and the folders that it points to."""

from __future__ import annotations

import os
import re
import shutil
import stat
from pathlib import Path

from ccgateway.check.system import PRIVATE, Files, Folder, Unread
from ccgateway.conffile import ConfFault, ConfFile, Place, read
from ccgateway.guest.asterisk import Asterisk
from ccgateway.guest.his import PARTS, included
from ccgateway.shipped import shipped

NAMES = (
    "asterisk.conf",
    "cel.conf",
    "cel_custom.conf",
    "extensions.conf",
    "features.conf",
    "logger.conf",
    "manager.conf",
    "modules.conf",
    "musiconhold.conf",
    "pjsip.conf",
    "queues.conf",
)
CUSTOM = {
    **{part.file: part.custom for part in PARTS},
    "logger.conf": ("logger_general_custom.conf",),
    "musiconhold.conf": ("musiconhold_custom.conf",),
    "pjsip.conf": ("pjsip_custom_post.conf", "pjsip_custom.conf"),
}
"""What FreePBX and Issabel leave to the administrator, and never write anew."""

USUAL_DATA = ("/usr/share/asterisk", "/var/lib/asterisk")
"""Debian's build, and Asterisk's own."""
MOST_LINKS = 8
"""One after the other; Debian has two."""
LANGUAGE = "en"
"""Of the prompts that our dialplan plays."""

_TEXT = re.compile(r"found .*?, (?=wanted)", re.DOTALL)
_PLACE = re.compile(r"(?P<file>.+?):(?P<line>\d+): (?P<why>.*)", re.DOTALL)


def look(asterisk: Asterisk, console: str) -> Files:
    """The files as they are now. ``console``: how Asterisk's commands are run here."""
    etc = asterisk.etc
    conf: dict[str, ConfFile] = {}
    unread: dict[str, Unread] = {}
    for name in NAMES:
        try:
            conf[name] = read(etc / name, etc) if (etc / name).exists() else ConfFile([])
            for place in conf[name].execs:
                unread[name] = Unread(f"{place}: what this #exec makes is not seen", place)
        except ConfFault as fault:
            unread[name] = _unread(str(fault), private=name in PRIVATE)
        except OSError as error:  # the folder may not be ours to look into
            unread[name] = Unread(error.strerror or str(error))
    data = _data(asterisk, conf.get("asterisk.conf"))
    return Files(
        etc=etc,
        conf=conf,
        unread=unread,
        modes={file: _mode(file) for file in _read_files(conf)},
        present=frozenset(_names(etc)),
        home={name: _home(etc, name) for name in NAMES},
        copies=_copies(asterisk),
        cel=_folder(asterisk.log / "cel-custom") if asterisk.log.is_dir() else None,
        sounds=_folder(_followed(data / "sounds" / LANGUAGE, asterisk.root)) if data else None,
        music=_music(asterisk, data, conf.get("musiconhold.conf")),
        console=console,
    )


def _unread(why: str, *, private: bool) -> Unread:
    """A fault that begins with a file and a line of it; a private one without the line's text."""
    why = _TEXT.sub("", why) if private else why
    found = _PLACE.match(why)
    if not found:
        return Unread(why)
    return Unread(why, Place(Path(found["file"]), int(found["line"])))


def _read_files(conf: dict[str, ConfFile]) -> set[Path]:
    return {
        setting.place.file
        for file in conf.values()
        for section in file.sections
        for setting in section.settings
    }


def _mode(file: Path) -> int:
    try:
        return stat.S_IMODE(file.stat().st_mode)
    except OSError:
        return 0


def _names(folder: Path) -> list[str]:
    try:
        return os.listdir(folder)  # noqa: PTH208 - names alone are wanted
    except OSError:
        return []


def _home(etc: Path, name: str) -> Path:
    """Where lines that are added go."""
    try:
        text = (etc / name).read_bytes()
    except OSError:
        return etc / name
    for custom in CUSTOM.get(name, ()):
        if custom in included(text) and (etc / custom).is_file():
            return etc / custom
    return etc / name


def _copies(asterisk: Asterisk) -> dict[str, bool]:
    return {
        file.name: _same(file, asterisk.ours / file.name)
        for file in sorted(shipped("dialplan").glob("*.conf"))
    }


def _same(file: Path, copy: Path) -> bool:
    try:
        return file.read_bytes() == copy.read_bytes()
    except OSError:
        return False


def _data(asterisk: Asterisk, main: ConfFile | None) -> Path | None:
    """The folder of sounds and music, where it is to be seen."""
    sections = main.named("directories") if main else []
    said = [value for section in sections if (value := section.get("astdatadir"))]
    for place in said or USUAL_DATA:
        folder = asterisk.root / place.lstrip("/")
        if (folder / "sounds").is_dir():
            return folder
    return None


def _followed(path: Path, root: Path) -> Path:
    """Where a link leads, as Asterisk sees it: Debian's prompts are links to /etc/alternatives."""
    for _ in range(MOST_LINKS):
        if not path.is_symlink():
            break
        target = path.readlink()
        path = root / str(target).lstrip("/") if target.is_absolute() else path.parent / target
    return path


def _music(asterisk: Asterisk, data: Path | None, music: ConfFile | None) -> Folder | None:
    for section in music.named("default") if music else []:
        place = section.get("directory") or ""
        if place.startswith("/"):
            return _folder(asterisk.root / place.lstrip("/"))
        return _folder(data / place) if data else None
    return None


def _folder(path: Path) -> Folder:
    try:
        status = path.stat()
    except OSError:
        return Folder(path, exists=False)
    likes = path.parent.stat().st_uid
    mode = stat.S_IMODE(status.st_mode)
    free = shutil.disk_usage(path).free
    return Folder(path, True, mode, status.st_uid == likes, frozenset(_names(path)), free)
