"""``ccgateway run`` as a process of its own, for tests without an Asterisk."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ccgateway.rig import processes
from ccgateway.rig.fake_pbx import FakePbx
from ccgateway.rig.waiting import until

READY = 30.0  # seconds; it takes about 2, more on a busy machine

_COMMAND = [sys.executable, "-m", "ccgateway"]

_IMPATIENT = """
from ccgateway import app
from ccgateway.__main__ import main
app.DATABASE_WITHIN = 1.0
main()
"""


@dataclass
class Gateway:
    """A configuration in ``folder``, and the process that runs by it."""

    folder: Path
    dsn: str = ""
    agi_port: int = 0
    http_port: int = 0
    level: str = "info"
    pbxs: list[FakePbx] = field(default_factory=list)
    environ: dict[str, str] = field(default_factory=dict)
    """More of its environment."""
    journals: Path | None = None
    """Asterisk's log folder."""
    tables: str = ""
    """More of its file."""
    state_dir: Path = Path()
    process: subprocess.Popen[bytes] | None = None

    def __post_init__(self) -> None:
        self.state_dir = self.folder / "state"

    @property
    def config(self) -> Path:
        return self.folder / "ccgateway.toml"

    def start(self, *, impatient: bool = False) -> None:
        """Start it; ``impatient``: waits for PostgreSQL for one second only."""
        self.config.touch(mode=0o600)
        self.config.write_text(self._toml())
        command = [sys.executable, "-c", _IMPATIENT] if impatient else _COMMAND
        words = [*command, "run", "--config", str(self.config)]
        self.process = processes.start(words, self.folder / "log", extra_env=self.environ)

    async def ready(self) -> dict[str, Any]:
        """Wait until it is; its own line about that, with the ports."""
        return (await self.said("ready"))[0]

    async def said(self, event: str, times: int = 1) -> list[dict[str, Any]]:
        """Wait until it logged an event so many times; those lines."""

        def found() -> list[dict[str, Any]]:
            lines = [line for line in self.lines() if line.startswith("{")]
            events = [line for line in map(json.loads, lines) if line["event"] == event]
            assert len(events) >= times or self._running.poll() is None, self.lines()
            return events if len(events) >= times else []

        return await until(found, f"{event}, {times} times", seconds=READY)

    def lines(self) -> list[str]:
        """All that it wrote, without a line that it is still writing."""
        return (self.folder / "log").read_text().split("\n")[:-1]

    async def ended(self, within: float = READY) -> tuple[int, float]:
        """Wait until it has ended; its exit code, and how many seconds that took."""
        began = time.monotonic()
        await until(lambda: self._running.poll() is not None, "it has ended", seconds=within)
        return self._running.wait(), time.monotonic() - began

    def edit(self, old: str, new: str) -> None:
        """Change its file, in which ``old`` must stand once."""
        text = self.config.read_text()
        assert text.count(old) == 1, text
        self.config.write_text(text.replace(old, new))

    def signal(self, number: signal.Signals) -> None:
        """Send it a signal."""
        self._running.send_signal(number)

    async def terminated(self) -> tuple[int, float]:
        """Send SIGTERM, and wait as ``ended``."""
        self._running.terminate()
        return await self.ended()

    def kill(self) -> None:
        """End it as a crash would."""
        if self.process:
            self.process.kill()
            self.process.wait()

    @property
    def pid(self) -> int:
        return self._running.pid

    @property
    def _running(self) -> subprocess.Popen[bytes]:
        assert self.process, "not started"
        return self.process

    def _toml(self) -> str:
        quote = json.dumps
        journals = f"journals = {quote(str(self.journals))}\n" if self.journals else ""
        nodes = [
            f'[[node]]\nname = "pbx{number}"\nport = {pbx.port}\nsecret = "s3cret"\n{journals}'
            for number, pbx in enumerate(self.pbxs, 1)
        ]
        return "\n".join(
            [
                f"[gateway]\nstate_dir = {quote(str(self.state_dir))}",
                f'[log]\nformat = "json"\nlevel = "{self.level}"',
                f"[database]\ndsn = {quote(self.dsn)}",
                f'[agi]\nport = {self.agi_port}\nsecret = "agi-s3cret"',
                f'[http]\nport = {self.http_port}\ntoken = "http-s3cret"',
                *(nodes or ['[[node]]\nname = "pbx1"\nport = 1\nsecret = "s3cret"\n']),
                '[[queue]]\nname = "stations"\n',
                '[[agent]]\nid = "101"\nname = "Anna"\nphone = "PJSIP/101"\nqueues = ["stations"]',
                self.tables,
                "",
            ]
        )
