"""Looks at a whole system. Everything is asked in parallel; nothing is changed."""

from __future__ import annotations

import asyncio
import shlex
from dataclasses import replace
from ipaddress import ip_address
from pathlib import Path

from ccgateway.check import probe_ami, probe_console, probe_database, probe_files, probe_host
from ccgateway.check.manager import FILE as MANAGER
from ccgateway.check.manager import plain_port
from ccgateway.check.system import Files, Gateway, Pbx, System
from ccgateway.config import Config, FaultyConfig, load
from ccgateway.config.tables import NodeSettings
from ccgateway.guest.asterisk import USUAL, Asterisk, find
from ccgateway.guest.fault import GuestFault


async def look(
    file: Path, *, etc: Path | None = None, root: Path = Path("/"), console: str = ""
) -> System:
    """The system that the TOML ``file`` is for. ``etc``: Asterisk's configuration folder, where it
    is not found by itself; ``root``: what is / for that Asterisk; ``console``: how its command is
    run here, as ``docker exec pbx asterisk``."""
    try:
        config = await asyncio.to_thread(load, file)
    except FaultyConfig as error:
        return System(file, None, tuple(error.faults))
    asterisk, why = await asyncio.to_thread(_asterisk, etc, root)
    words = console or (_console(asterisk) if asterisk else "")
    files = await asyncio.to_thread(probe_files.look, asterisk, words) if asterisk else None
    here = _node_of(files, config, named=bool(etc or console))
    gateway = await probe_host.running_at(config.http)
    web = await probe_host.running_at(config.web) if config.web else Gateway()
    (host, database), pbxes = await asyncio.gather(
        asyncio.gather(probe_host.look(file, config, gateway, web), probe_database.ask(config)),
        asyncio.gather(
            *(
                _pbx(node, files, words, why) if node is here else _pbx(node, None, "", why)
                for node in config.nodes
            )
        ),
    )
    return System(file, config, (), tuple(pbxes), database, host, gateway)


def _is_here(node: NodeSettings) -> bool:
    try:
        local = ip_address(node.host).is_loopback
    except ValueError:
        return node.host == "localhost"
    return local or node.host in probe_host.own_addresses()


def _asterisk(etc: Path | None, root: Path) -> tuple[Asterisk | None, str]:
    """The Asterisk of this machine; or why there is none."""
    try:
        return find(etc, root), ""
    except GuestFault as error:
        return None, str(error)
    except OSError as error:
        return None, f"{error.filename}: {error.strerror}; run this as root"


def _node_of(files: Files | None, config: Config, *, named: bool) -> NodeSettings | None:
    """The node that is here: of several on this machine the one with the AMI port of its files."""
    here = [node for node in config.nodes if _is_here(node)]
    if files and len(here) > 1 and MANAGER not in files.unread:
        port = plain_port(files)
        here = [node for node in here if str(node.port) == port]
    if not here and named:  # the administrator says that it is here, whatever the address
        here = list(config.nodes[:1])
    return here[0] if here and (files or named) else None


async def _pbx(node: NodeSettings, files: Files | None, console: str, why: str) -> Pbx:
    ami = await probe_ami.ask(node)
    pbx = Pbx(node, ami, files)
    if why and _is_here(node):
        pbx = replace(pbx, unseen_files=why)
    if not console:
        return pbx
    try:
        return replace(pbx, running=await probe_console.ask(console, [node.username]))
    except probe_console.NoConsole as error:
        return replace(pbx, unseen_console=f"Asterisk's console: {error}")


def _console(asterisk: Asterisk) -> str:
    """How its command is run: in its own root, with its own configuration."""
    words = ["chroot", str(asterisk.root)] if asterisk.root != Path("/") else []
    words.append("asterisk")
    if asterisk.main.parent not in USUAL:
        words += ["-C", asterisk.conf]
    return shlex.join(words)
