"""What systemd does on a real machine: a gateway that ends by itself is started again. No gateway
should; so it is noted, and fails the run."""

from __future__ import annotations

import asyncio
from contextlib import suppress

from ccgateway.rig.chaos.house import House
from ccgateway.rig.closing import Closing
from ccgateway.rig.errors import RigError
from ccgateway.rig.waiting import until

LOOKS_EVERY_S = 0.5
STARTS = 60  # times, some seconds apart: it waits for PostgreSQL a minute each time
AWAY = 4
"""The exit code of a gateway whose PostgreSQL did not come within a minute: as it is meant to be,
where it is that fault of ours that lasts so long."""
TOLD = 4_000  # bytes of the log's end


async def start(house: House) -> None:
    """Start the gateway, and wait until it answers: its AMI link may be what is broken. One that
    ends at its start, for PostgreSQL is away for long, is started again a second later
    (Restart=always). Raises RigError."""
    gateway = house.gateway
    for _ in range(STARTS):
        gateway.spawn()
        try:
            await until(gateway.answers, "the gateway is up", seconds=gateway.ready_seconds)
        except RigError:
            process = house.gateway.process
            if process is None or process.poll() != AWAY:
                raise
            await asyncio.sleep(1)
        else:
            return
    raise RigError(f"the gateway did not come up, {STARTS} times")


class Keeper(Closing):
    """An async context manager; while it lasts ``died`` grows: when and how a gateway ended by
    itself."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._task: asyncio.Task[None] | None = None
        self.died: list[str] = []

    async def _open(self) -> None:
        self._task = asyncio.create_task(self._keep())

    async def close(self) -> None:
        """Look no more."""
        if self._task:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _keep(self) -> None:
        while True:
            await asyncio.sleep(LOOKS_EVERY_S)
            process = self._house.gateway.process
            if process is None or self._house.is_being_ended or process.poll() is None:
                continue
            log = self._house.gateway.log.read_bytes()[-TOLD:].decode(errors="replace")
            self.died.append(f"pid {process.pid} ended with {process.returncode}:\n{log}")
            with suppress(RigError):  # then the next look finds that
                await start(self._house)
