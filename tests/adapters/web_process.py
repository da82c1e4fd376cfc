"""``ccgateway web`` as a process beside a gateway."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path

import aiohttp

from ccgateway.rig import processes
from ccgateway.rig.waiting import until
from tests.adapters.gateway_process import READY

_IMPATIENT = """
from ccgateway.__main__ import main
from ccgateway.web import client
client.ANSWER_WITHIN = 2.0
main()
"""


@dataclass
class Web:
    """``ccgateway web`` by a file that has a table [web] with this port."""

    config: Path
    port: int
    process: subprocess.Popen[bytes] | None = None

    def start(self, *, impatient: bool = False) -> None:
        """Start it; ``impatient``: it waits for the gateway's answers for two seconds only."""
        words = ["web", "--config", str(self.config)]
        command = [sys.executable, *(["-c", _IMPATIENT] if impatient else ["-m", "ccgateway"])]
        self.process = processes.start([*command, *words], self._log)

    async def ready(self) -> None:
        """Wait until it hears the gateway."""
        await until(self._is_ready, "the web process is ready", seconds=READY)

    async def _is_ready(self) -> bool:
        try:
            async with aiohttp.request("GET", f"{self.url}/readyz") as response:
                return response.status == HTTPStatus.OK
        except aiohttp.ClientError:
            assert self.process is None or self.process.poll() is None, self.log()
            return False

    def log(self) -> str:
        """What it wrote."""
        return self._log.read_text()

    def kill(self) -> None:
        """End it as a crash would."""
        if self.process:
            self.process.kill()
            self.process.wait()

    @property
    def _log(self) -> Path:
        return self.config.with_name("web.log")

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def client(self, token: str) -> aiohttp.ClientSession:
        """One who has a token."""
        return aiohttp.ClientSession(self.url, headers={"Authorization": f"Bearer {token}"})
