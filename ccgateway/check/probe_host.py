"""Looks at this machine: disk, clock, ports, time zones; and asks the gateway that runs on it."""

from __future__ import annotations

import asyncio
import errno
import os
import pwd
import shutil
import socket
import subprocess
from importlib import resources
from pathlib import Path
from socket import AF_INET, AF_INET6

import aiohttp
import psutil

from ccgateway.check.system import Gateway, Host
from ccgateway.config import Config
from ccgateway.config.tables import WebSettings
from ccgateway.journal.standing import CEL, QUEUE_LOG
from ccgateway.postgres import spool_file

WITHIN = 5.0
"""Seconds for the gateway's answer, and for any command."""
USER = "ccgateway"
TOML = Path("/etc/ccgateway/ccgateway.toml")
STATE_DIR = Path("/var/lib/ccgateway")
"""Of our systemd unit, all three."""
READ = 0o4
LIST = 0o5  # a folder
WRITE = 0o3  # in a folder, with what it takes to enter it
IN_MEMORY = ("tmpfs", "ramfs")
ANY = ("0.0.0.0", "::")  # noqa: S104 - where it listens, not where we do
TABLE = Path("/usr/share/zoneinfo/zone.tab")


async def look(file: Path, config: Config, gateway: Gateway, web: Gateway) -> Host:
    """This machine as it is now; ``file`` is the TOML, ``web`` the web process of [web]."""
    return await asyncio.to_thread(_look, file, config, gateway, web)


def _look(file: Path, config: Config, gateway: Gateway, web: Gateway) -> Host:
    folder = config.gateway.state_dir
    there = next(place for place in (folder, *folder.parents, Path("/")) if _is_seen(place))
    return Host(
        free_bytes=shutil.disk_usage(there).free,
        spool_bytes=_spool_bytes(folder),
        spool_size=_spool_size(folder),
        mount=_mount_of(there),
        in_memory=_mounts().get(_mount_of(there)) in IN_MEMORY,
        writable=_service_may(folder, WRITE) if file == TOML else _writable(folder),
        readable=_service_may(file, READ) if file == TOML else None,
        closed=_closed(config) if file == TOML and _is_user() else None,
        synchronised=_synchronised(),
        taken=_taken(config, gateway, web),
        zones=_zones(),
        addresses=own_addresses(),
    )


def _spool_bytes(folder: Path) -> int:
    """What the spool's file holds: its size is the most that it ever held."""
    try:
        return spool_file.used_of(folder / spool_file.NAME)
    except OSError:
        return 0


def _spool_size(folder: Path) -> int:
    try:
        return (folder / spool_file.NAME).stat().st_size
    except OSError:
        return 0


def own_addresses() -> frozenset[str]:
    """The addresses of this machine."""
    found = [one for card in psutil.net_if_addrs().values() for one in card]
    return frozenset(one.address for one in found if one.family in (AF_INET, AF_INET6))


def _is_seen(path: Path) -> bool:
    """Whether it is there; what we may not look into is not."""
    try:
        path.stat()
    except OSError:
        return False
    return True


def _writable(folder: Path) -> bool | None:
    """Whether the gateway can write there; None where it is not there, or is somebody else's, so
    that only he or root can tell."""
    try:
        status = folder.stat()
    except OSError:
        return None
    if os.access(folder, os.W_OK | os.X_OK):
        return True
    return False if os.geteuid() in (0, status.st_uid) else None


def _service_may(path: Path, wanted: int) -> bool | None:
    """Whether the user of our systemd unit, who is not the one that asks here, may do what the
    bits ``wanted`` say; None where there is no such user, or path. systemd itself makes the folder
    STATE_DIR his at each start."""
    try:
        user, status = pwd.getpwnam(USER), path.stat()
    except (KeyError, OSError):
        return None
    if path == STATE_DIR:
        return True
    if status.st_uid == user.pw_uid:
        mode = status.st_mode >> 6
    elif status.st_gid in os.getgrouplist(USER, user.pw_gid):
        mode = status.st_mode >> 3
    else:
        mode = status.st_mode
    return mode & wanted == wanted


def _is_user() -> bool:
    try:
        return bool(pwd.getpwnam(USER))
    except KeyError:
        return False


def _closed(config: Config) -> dict[Path, str]:
    """The journals, and their folders, that the user of our systemd unit may not read."""
    closed: dict[Path, str] = {}
    for log in (node.journals for node in config.nodes if node.journals):
        places = {log: LIST, log / CEL.parent: LIST, log / CEL: READ, log / QUEUE_LOG: READ}
        for path, wanted in places.items():
            if _service_may(path, wanted) is False:
                closed[path] = _group_that_may(path, wanted)
    return closed


def _group_that_may(path: Path, wanted: int) -> str:
    status = path.stat()
    if not status.st_gid or (status.st_mode >> 3) & wanted != wanted:
        return ""
    return path.group()


def _mounts() -> dict[Path, str]:
    """The file systems, by where they are mounted."""
    return {Path(m.mountpoint): m.fstype for m in psutil.disk_partitions(all=True)}


def _mount_of(folder: Path) -> Path:
    """Where the file system that a folder is on is mounted."""
    mounts, real = _mounts(), folder.resolve()
    return next((place for place in (real, *real.parents) if place in mounts), Path("/"))


def _synchronised() -> bool | None:
    if not shutil.which("timedatectl"):
        return None
    words = ["timedatectl", "show", "--property=NTPSynchronized", "--value"]
    try:
        done = subprocess.run(words, capture_output=True, text=True, timeout=WITHIN, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return {"yes": True, "no": False}.get(done.stdout.strip())


def _taken(config: Config, gateway: Gateway, web: Gateway) -> dict[str, int]:
    """Ports of ours that we could not listen on now, and do not."""
    ports = {}
    if not gateway.running:
        ports["agi.port"] = (config.agi.listen, config.agi.port)
        ports["http.port"] = (config.http.listen, config.http.port)
    if config.web and not web.running:
        ports["web.port"] = (config.web.listen, config.web.port)
    return {name: port for name, (host, port) in ports.items() if port and _in_use(host, port)}


def _in_use(host: str, port: int) -> bool:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(found[0], found[1]) as trial:
            trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            trial.bind(found[4])
    except OSError as error:
        return error.errno == errno.EADDRINUSE
    return False


def _zones() -> dict[str, frozenset[str]]:
    """Time zones by country."""
    try:
        text = TABLE.read_text("utf-8")
    except OSError:
        table = resources.files("tzdata").joinpath("zoneinfo", "zone.tab")
        text = table.read_text("utf-8") if table.is_file() else ""
    zones: dict[str, set[str]] = {}
    for line in text.splitlines():
        if line and not line.startswith("#"):
            country, _, zone = line.split("\t")[:3]
            zones.setdefault(country, set()).add(zone)
    return {country: frozenset(names) for country, names in zones.items()}


async def running_at(settings: WebSettings) -> Gateway:
    """The gateway, or the web process, that runs with these settings, if one does."""
    host = "127.0.0.1" if settings.listen in ANY else settings.listen
    host = f"[{host}]" if ":" in host else host
    scheme = "https" if settings.tls_cert else "http"
    timeout = aiohttp.ClientTimeout(total=WITHIN)
    try:
        async with (
            aiohttp.ClientSession(timeout=timeout) as session,
            # its certificate is checked by those who come from elsewhere
            session.get(f"{scheme}://{host}:{settings.port}/readyz", ssl=False) as answer,
        ):
            said = await answer.json()
            parts = dict(said["parts"])
    except (aiohttp.ClientError, TimeoutError, ValueError, KeyError, TypeError, OSError):
        return Gateway()
    return Gateway(True, tuple(name for name, good in parts.items() if not good))
