"""A real Asterisk of our own: its folder, ports and secrets; started, asked, stopped."""

from __future__ import annotations

import asyncio
import shutil
import subprocess
import tempfile
from pathlib import Path

from ccgateway.rig import pbx_config, ports, processes
from ccgateway.rig.control import greets
from ccgateway.rig.errors import RigError
from ccgateway.rig.installs import PREFIX, Install
from ccgateway.rig.pbx_config import Addresses
from ccgateway.rig.phones import Behaviour
from ccgateway.rig.ports import LOOPBACK, PortBlock
from ccgateway.rig.waiting import until

BOOT_SECONDS = 30.0  # it takes about 2; more on a machine that is busy
FIRST_LINE = (101, 102, 103, 104)  # phones that are the fallback queue's static members


class RigAsterisk:
    """One Asterisk. It dies with us, however we die. Not bound to an event loop."""

    def __init__(self, install: Install, block: PortBlock | None = None) -> None:
        install.sweep()
        self.block = block or ports.take()
        self.install = install
        self.folder = Path(tempfile.mkdtemp(prefix=PREFIX, dir=install.instances))
        self.folder.chmod(0o755)
        processes.mark(self.folder)
        self.addresses = _addresses(self.block)
        self.process: subprocess.Popen[bytes] | None = None
        self._booted = 0
        for name in ("lib/keys", "spool", "run", "log/cel-custom"):
            (self.folder / name).mkdir(parents=True)
        self.configure()

    @property
    def etc(self) -> Path:
        """The configuration, as we see it: tests may add to it and ``reload()``."""
        return self.folder / "etc"

    @property
    def log(self) -> Path:
        """Asterisk's log of notices, warnings and errors."""
        return self.folder / "log" / "full"

    @property
    def pid(self) -> int:
        """The process id of Asterisk (of the docker client, where it is in a container)."""
        if not self.process:
            raise RigError("Asterisk is not running")
        return self.process.pid

    def configure(self) -> None:
        """(Re)write the configuration from the templates."""
        pbx_config.write(self.etc, self.install.inside(self.folder), self.addresses)

    async def start(self) -> None:
        """Start, and wait until it is fully booted. Raises RigError with the end of its log."""
        if self.process:
            raise RigError("Asterisk is running already")
        command = self.install.run(self.folder.name, ["asterisk", "-f", "-C", self._conf])
        self.process = processes.start(command, self.folder / "console.log")
        try:
            await until(self._is_up, "Asterisk is up", seconds=BOOT_SECONDS)
            await self.rx("core waitfullybooted")
            await until(self._ami_answers, "AMI answers")
            self._booted = self.log.stat().st_size
        except RigError as error:
            ended = self.process.poll()
            told = (self.folder / "console.log").read_text(errors="replace")[-2000:]
            self.stop()
            lived = "it still ran" if ended is None else f"it had ended with exit code {ended}"
            raise RigError(f"{error} ({lived})\n{told}") from error

    async def rx(self, command: str) -> str:
        """Run a CLI command and return what it prints. Raises RigError where Asterisk is away."""
        line = self.install.ask(self.folder.name, ["asterisk", "-C", self._conf, "-rx", command])
        process = await asyncio.create_subprocess_exec(
            *line, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
        )
        out, _ = await process.communicate()
        if process.returncode:
            raise RigError(f"asterisk -rx '{command}': {out.decode(errors='replace')}")
        return out.decode(errors="replace")

    async def reload(self) -> None:
        """Read the configuration again."""
        await self.rx("core reload")

    def complaints(self) -> list[str]:
        """The warnings and errors that Asterisk logged since it was up."""
        with self.log.open("rb") as log:
            log.seek(self._booted)
            lines = log.read().decode(errors="replace").splitlines()
        return [line for line in lines if "] WARNING[" in line or "] ERROR[" in line]

    def stop(self) -> None:
        """Stop at once; what is persistent (members, AstDB) stays for the next ``start``."""
        if self.process:
            processes.stop(self.process)
            self.process = None

    async def restart(self) -> None:
        """Stop and start again, on the same ports."""
        self.stop()
        await self.start()

    def remove(self) -> None:
        """Stop, and remove the folder."""
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)
        self.block.release()

    @property
    def _conf(self) -> str:
        return self.install.inside(self.etc / "asterisk.conf")

    async def _is_up(self) -> bool:
        if self.process and self.process.poll() is not None:
            raise RigError("Asterisk did not start")
        return await greets(self.folder / "run" / "asterisk.ctl")

    async def _ami_answers(self) -> bool:
        try:
            reader, writer = await asyncio.open_connection(LOOPBACK, self.addresses.ami_port)
        except OSError:
            return False
        banner = await reader.readline()
        writer.close()
        await writer.wait_closed()
        return banner.startswith(b"Asterisk Call Manager")


def _addresses(block: PortBlock) -> Addresses:
    return Addresses(
        sip_port=block.one(udp=True),
        ami_port=block.one(),
        agi_port=block.one(),
        trunk_port=block.one(udp=True),
        phone_ports={behaviour: block.one(udp=True) for behaviour in Behaviour},
        rtp=block.rtp,
        ami_secret=ports.secret(),
        test_secret=ports.secret(),
        agi_secret=ports.secret(),
        phone_secret=ports.secret(),
        fallback=FIRST_LINE,
    )
