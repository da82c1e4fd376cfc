"""``ccgateway journal``: Asterisk's own journals, where they are not seen from the gateway."""

from __future__ import annotations

import asyncio
import hashlib
import socket
import time
from contextlib import suppress
from pathlib import Path
from typing import Annotated

import typer

from ccgateway.cli.common import EXIT_CODES, command
from ccgateway.cli.gateway import client_of
from ccgateway.errors import ConfigError, NoGateway, PbxUnavailable
from ccgateway.journal.follow import Follower
from ccgateway.journal.tail import Chunk
from ccgateway.log import configure
from ccgateway.telephony.facts import Source
from ccgateway.web.client import Client

app = typer.Typer(
    help="Asterisk's own journals, CEL and queue_log, beside an Asterisk on another machine.",
    no_args_is_help=True,
    epilog=EXIT_CODES,
)

END_TOLD_EVERY = 5.0
"""Seconds. By it the gateway knows that it has all, and not that we are gone."""


class Shipper:
    """Sends what the follower reads to the gateway; ``name`` tells it from others."""

    def __init__(self, gateway: Client, name: str) -> None:
        self._gateway = gateway
        self._name = name
        self._kept: dict[Source, str] = {}
        self._told: dict[Source, float] = {}

    async def position(self, node: str, source: Source) -> str:
        """Up to where the gateway has it."""
        kept = self._kept[source] = await self._gateway.journal(node, source.value)
        return kept

    async def take(self, node: str, source: Source, chunk: Chunk, since: str) -> str:
        """Send a chunk; from where to go on."""
        kept = self._kept[source] = await self._gateway.ship(
            node,
            chunk.data,
            journal=source.value,
            position=chunk.position.text,
            since=since,
            final=str(chunk.final).lower(),
            missed=chunk.missed,
            shipper=self._name,
        )
        self._told.pop(source, None)
        return kept

    async def at_end(self, node: str, source: Source) -> None:
        """Say that there is no more, now and then."""
        now, kept = time.monotonic(), self._kept[source]
        if kept and now - self._told.get(source, -END_TOLD_EVERY) >= END_TOLD_EVERY:
            self._told[source] = now
            where = {"journal": source.value, "position": kept, "since": kept}
            await self._gateway.ship(node, b"", **where, shipper=self._name)


@app.command()
@command
async def ship(
    to: Annotated[
        str, typer.Option(help="The gateway's address, as https://gateway:8070.", metavar="URL")
    ],
    token_file: Annotated[
        Path, typer.Option(help="A file with a token of the role shipper.", metavar="FILE")
    ],
    node: Annotated[
        str,
        typer.Option(help="This Asterisk's name in the gateway's TOML file.", metavar="NAME"),
    ],
    log: Annotated[
        Path,
        typer.Option(help="Asterisk's log folder, in which cel-custom/ and queue_log are."),
    ] = Path("/var/log/asterisk"),
) -> None:
    """Send this machine's journals to the gateway, until it is stopped.

    The gateway keeps up to where it has them: after a break of either, or of the way between them,
    it goes on from there. At the very first start it begins at the end of what is there. A gateway
    that cannot be reached when the command begins is an error, for whoever starts it; later it is
    waited for. One that refuses (the token, the name, that another machine ships as this node)
    ends it at any time.
    """
    if not _is_folder(log):
        raise ConfigError(f"--log: {log} is no folder; where is Asterisk's queue_log?")
    configure("console", "info")
    async with client_of(Path(), to, token_file) as gateway:
        shipper = Shipper(gateway, await asyncio.to_thread(_name_of, log))
        await shipper.position(node, Source.CEL)  # who never got there is told so, and not for ever
        await Follower(node, log, shipper, away=(NoGateway, PbxUnavailable)).keep()


def _name_of(log: Path) -> str:
    """Of this machine's folder, and no other; it tells nobody which they are."""
    machine = ""
    with suppress(OSError):  # a container may have none
        machine = Path("/etc/machine-id").read_text(encoding="ascii", errors="replace")
    words = "\x1f".join((machine.strip(), socket.gethostname(), str(log.resolve())))
    return hashlib.sha256(words.encode("utf-8", "surrogateescape")).hexdigest()[:16]


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except (OSError, ValueError):  # no name that a file can have
        return False
