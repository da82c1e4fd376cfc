"""The world of chaos: the rig's, with a proxy before AMI, a small disk for the gateway's state,
room for two hundred calls, and a gateway whose clock can be stepped."""

from __future__ import annotations

import signal
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

import psutil

from ccgateway.errors import StoreUnavailable
from ccgateway.postgres.embedded import EmbeddedServer
from ccgateway.rig import packages, ports, processes
from ccgateway.rig.asterisk import RigAsterisk
from ccgateway.rig.chaos.staff import LOGGED_IN, PEOPLE, offers
from ccgateway.rig.crew import Crew
from ccgateway.rig.errors import RigError
from ccgateway.rig.gateway import Gateway
from ccgateway.rig.hotline import LINES
from ccgateway.rig.installs import Install
from ccgateway.rig.ports import LOOPBACK, SIZE, PortBlock
from ccgateway.rig.progress import Progress, silent
from ccgateway.rig.proxy import Proxy
from ccgateway.rig.scene import Scene
from ccgateway.rig.sipp import Sipps
from ccgateway.rig.world import PREFIX, World

DISK_MB = 96
"""Of the gateway's state: room for the spool of some minutes, and soon filled."""

AMPLE_DISK_MB = 1024
"""Where no fault is to fill it: five minutes of fifty calls a second are 200 MB."""

NO_MUSIC = "[general]\n"
"""Of two hundred who wait each would be sent fifty packets a second, and nobody listens: on two
processors that alone is half of one, in ten thousand wake-ups a second."""

OWN_FALLBACK = f"""
[from-trunk](+)
exten => {LINES.did},1,Set(CCG_FALLBACK_QUEUE={LINES.queue})
 same => n,Goto(ccg-inbound,{LINES.did},1)
"""
"""While the gateway is away the crew's callers wait for the crew's people, whom Asterisk remembers
as members: what those do by keys then is to be in the record, too."""

FAKETIME = "libfaketimeMT.so.1"  # that of programs with threads


@dataclass
class WideBlock(PortBlock):
    """A block with two others, side by side, for Asterisk's media: two ports a channel, and a
    thousand channels. (Where it finds none free it refuses the call with 488.)"""

    media: Sequence[PortBlock] = ()

    @property
    def rtp(self) -> tuple[int, int]:
        return self.media[0].start, self.media[-1].start + SIZE - 1

    def release(self) -> None:
        super().release()
        for block in self.media:
            block.release()


def wide() -> WideBlock:
    """Three blocks that no other rig has. Raises RigError."""
    own, *blocks = ports.take(), ports.take(), ports.take()
    while blocks[-1].start != blocks[-2].start + SIZE:
        blocks.append(ports.take())
    for block in blocks[:-2]:
        block.release()
    return WideBlock(own.start, own.lock, media=blocks[-2:])


def postgres_processes(pid: int) -> list[psutil.Process]:
    """PostgreSQL's server process and those that serve its clients."""
    try:
        server = psutil.Process(pid)
        return [server, *server.children(recursive=True)]
    except psutil.NoSuchProcess:
        return []


class ChaosCrew(Crew):
    """A crew whose scenes may end in any way: a fault breaks them off anywhere."""

    async def _play(self, scene: Scene) -> None:
        try:
            await super()._play(scene)
        except Exception as error:  # the story of half a scene need not make sense
            self.faults.append(f"{scene.planned.kind.value} {scene.number}: {error!r}")


class House(World):
    """An async context manager, as ``World``."""

    def __init__(
        self, progress: Progress = silent, *, clock: bool = True, small_disk: bool = True
    ) -> None:
        """``clock``: whether the gateway's clock is to be stepped, for which it needs a library.
        ``small_disk``: whether its disk is to be filled."""
        super().__init__(progress=progress, agents=LOGGED_IN, crew=True)
        self._clock = clock
        self._disk_mb = DISK_MB if small_disk else AMPLE_DISK_MB
        self.ami = Proxy(LOOPBACK, 0)
        self.away: list[tuple[datetime, datetime]] = []  # from when to when Asterisk was
        self.is_being_ended = False  # a fault has the gateway away just now

    @property
    def disk(self) -> Path:
        """The gateway's state folder: a disk of its own."""
        return self.folder / "state"

    @property
    def clock_file(self) -> Path:
        """How far the gateway's clock is off, as libfaketime reads it."""
        return self.folder / "clock"

    @property
    def journals(self) -> Path:
        """The folder of Asterisk's journals."""
        return self.asterisk.log.parent

    async def restart_postgres(self) -> None:
        """Start PostgreSQL again after its end. Raises StoreUnavailable where it gets another
        port, which the gateway would not find."""
        old = self.postgres
        self._postgres = await EmbeddedServer.start(
            self.folder / "postgres", die_with_parent=True, fast=True
        )
        if self._postgres.dsn != old.dsn:
            raise StoreUnavailable("PostgreSQL got another port")

    async def close(self) -> None:
        self._let_go()
        await super().close()
        await self.ami.close()

    def _let_go(self) -> None:
        """What a fault still holds must not hold up the end."""
        if self._parts and self.gateway.process:
            self.gateway.process.send_signal(signal.SIGCONT)
        if self._postgres:
            for process in postgres_processes(self._postgres.pid):
                process.send_signal(signal.SIGCONT)
        if self.disk.is_mount():
            subprocess.run(["umount", "--lazy", str(self.disk)], check=True)

    def _make_folder(self) -> None:
        for disk in Path(tempfile.gettempdir()).glob(f"{PREFIX}*/{self.disk.name}"):
            if disk.is_mount() and processes.is_abandoned(disk.parent):  # of a run that was killed
                subprocess.run(["umount", "--lazy", str(disk)], check=False)
        super()._make_folder()
        self.disk.mkdir(mode=0o700)
        words = ["mount", "-t", "tmpfs", "-o", f"size={self._disk_mb}m,mode=0700", "tmpfs"]
        done = subprocess.run([*words, str(self.disk)], capture_output=True, check=False)
        if done.returncode:
            raise RigError(f"no small disk can be mounted: {done.stderr.decode().strip()}")

    def _make_asterisk(self, install: Install) -> RigAsterisk:
        asterisk = RigAsterisk(install, wide())
        (asterisk.etc / "musiconhold.conf").write_text(NO_MUSIC, encoding="utf-8")
        with (asterisk.etc / "extensions.conf").open("a", encoding="utf-8") as dialplan:
            dialplan.write(OWN_FALLBACK)
        return asterisk

    async def _before_ami(self, asterisk: RigAsterisk) -> None:
        self.ami = await Proxy(LOOPBACK, asterisk.addresses.ami_port).__aenter__()

    def _make_gateway(self, asterisk: RigAsterisk) -> Gateway:
        gateway = super()._make_gateway(asterisk)
        gateway.offers, gateway.people = offers(), PEOPLE
        gateway.addresses = replace(asterisk.addresses, ami_port=self.ami.port)
        gateway.ready_seconds = 60.0  # what it waits for may be away, too
        if self._clock:
            gateway.environment = self._fake_clock()
        return gateway

    def _make_sipps(self, asterisk: RigAsterisk) -> Sipps:
        return replace(super()._make_sipps(asterisk), sound=False)

    def _make_crew(self) -> Crew:
        return ChaosCrew(self.asterisk, self.gateway)

    def _fake_clock(self) -> dict[str, str]:
        """What the gateway needs in its environment. Raises RigError."""
        packages.ensure(["faketime"], self._progress)
        found = sorted(Path("/usr/lib").glob(f"*/faketime/{FAKETIME}"))
        if not found:
            raise RigError(f"the package faketime has no {FAKETIME}")
        self.clock_file.write_text("+0\n", encoding="utf-8")
        return {
            "LD_PRELOAD": str(found[0]),
            "FAKETIME_TIMESTAMP_FILE": str(self.clock_file),
            "FAKETIME_CACHE_DURATION": "1",  # seconds
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",  # a step of the clock is none of that one
            "FAKETIME_DONT_RESET": "1",
            "FAKETIME_DISABLE_SHM": "1",  # what is killed leaves its shared memory behind
            "NO_FAKE_STAT": "1",
        }
