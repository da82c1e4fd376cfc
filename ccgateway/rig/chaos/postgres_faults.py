"""What happens to PostgreSQL, and to the disk that is to bridge its absence."""

from __future__ import annotations

import os
import signal
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import asyncpg
import orjson
import psutil

from ccgateway.errors import CcgError
from ccgateway.rig.chaos.fault import Fault
from ccgateway.rig.chaos.house import postgres_processes
from ccgateway.rig.errors import RigError
from ccgateway.rig.waiting import until

MOST_CONNECTIONS = 200  # more than any server of ours allows
FULL_WITHIN = 25.0
"""Seconds. SQLite writes into pages that it has already, before it asks the disk for more."""

ROUNDS = 5  # the gateway tries at once to get back what was taken from it


class Immediate(Fault):
    """Stopped as by ``pg_ctl stop -m immediate``: no checkpoint, all connections end."""

    refused = ""

    async def inject(self) -> None:
        self.old = self.house.postgres.pid
        os.kill(self.old, signal.SIGQUIT)
        await self.house.postgres.stop()  # it is our child: somebody has to take note of its end
        try:
            await asyncpg.connect(self.house.postgres.dsn, timeout=2)
        except (OSError, asyncpg.PostgresError) as error:
            self.refused = type(error).__name__

    async def heal(self) -> None:
        await self.house.restart_postgres()

    async def bit(self) -> str:
        new = self.house.postgres.pid
        if not self.refused or new == self.old:
            return ""
        return f"connections were refused ({self.refused}), pid {self.old}, now {new}"


class Hangs(Fault):
    """SIGSTOP of all its processes: connections stay, statements do not come back."""

    stopped = 0
    waited = False

    async def inject(self) -> None:
        for process in self._all():
            with suppress(psutil.NoSuchProcess):
                process.suspend()
                self.stopped += 1
        try:
            connection = await asyncpg.connect(self.house.postgres.dsn, timeout=1)
        except (TimeoutError, OSError):
            self.waited = True
        else:
            await connection.close()

    async def heal(self) -> None:
        for process in self._all():
            with suppress(psutil.NoSuchProcess):
                process.resume()

    async def bit(self) -> str:
        told = f"{self.stopped} processes were stopped, a connection got no answer"
        return told if self.waited else ""

    def _all(self) -> list[psutil.Process]:
        return postgres_processes(self.house.postgres.pid)


class OutOfConnections(Fault):
    """Others take all connections; the gateway's are ended, and it gets none."""

    refused = ""
    ended = 0

    async def inject(self) -> None:
        self.taken: list[asyncpg.Connection[asyncpg.Record]] = []
        await self.gateway_is_up()
        for _ in range(ROUNDS):
            await self._take_all()
            self.ended += await self._end_others()
        await self._take_all()

    async def heal(self) -> None:
        for connection in self.taken:
            connection.terminate()

    async def bit(self) -> str:
        ended = f"{self.ended} of the gateway's connections were ended"
        return f"{ended}, then: {self.refused}" if self.refused and self.ended else ""

    async def _take_all(self) -> None:
        while len(self.taken) < MOST_CONNECTIONS:
            try:
                one = await asyncpg.connect(self.house.postgres.dsn, timeout=5)
            except asyncpg.TooManyConnectionsError as error:
                self.refused = str(error)
                return
            self.taken.append(one)

    async def _end_others(self) -> int:
        """End who is there beside us; how many they were."""
        own = [one.get_server_pid() for one in self.taken]
        told = await self.taken[0].fetch(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = current_user "
            "AND backend_type = 'client backend' AND NOT pid = ANY($1::int[])",
            own,
        )
        return len(told)


class DiskFull(Immediate):
    """PostgreSQL is away, and the disk on which its absence is to be bridged is full."""

    told = 0

    @property
    def ballast(self) -> Path:
        """What fills it."""
        return self.house.disk / "ballast"

    async def inject(self) -> None:
        await self.gateway_is_up()
        self.began = datetime.now(UTC)
        self._fill()
        await super().inject()
        self._fill()

    async def heal(self) -> None:
        with suppress(CcgError):  # then it did not bite
            self.told = await until(self._complaints, "the spool is full", seconds=FULL_WITHIN)
        self.ballast.unlink(missing_ok=True)
        await super().heal()

    async def bit(self) -> str:
        away = await super().bit()
        return f"spool_full was logged {self.told} times; {away}" if self.told and away else ""

    def _fill(self) -> None:
        """To the last page: an append goes on until the kernel refuses it."""
        with self.ballast.open("ab", buffering=0) as file, suppress(OSError):
            while file.write(bytes(2**20)):
                pass
        with self.ballast.open("ab", buffering=0) as file, suppress(OSError):
            while file.write(bytes(2**10)):
                pass

    def _complaints(self) -> int:
        return complaints(self.house.gateway.log, {"spool_full", "spool_not_drained"}, self.began)


def complaints(log: Path, events: set[str], since: datetime) -> int:
    """How often the gateway's log tells one of these since then. Raises RigError where the log
    cannot be read."""
    found = 0
    try:
        text = log.read_bytes()
    except OSError as error:
        raise RigError(f"{log} cannot be read: {error}") from error
    for line in text.splitlines():
        if not any(event.encode() in line for event in events):
            continue
        with suppress(orjson.JSONDecodeError, KeyError, ValueError):
            told = orjson.loads(line)
            at = datetime.fromisoformat(told["timestamp"])
            found += told["event"] in events and at >= since
    return found
