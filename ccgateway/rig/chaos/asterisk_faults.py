"""What happens to Asterisk and to its journals."""

from __future__ import annotations

import asyncio
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from ccgateway.journal.follow import FILES
from ccgateway.rig.chaos.fault import Fault
from ccgateway.rig.control import greets
from ccgateway.rig.errors import RigError
from ccgateway.rig.waiting import until

BOOTED_WITHIN = 60.0  # seconds
_UPTIME = re.compile(r"System uptime: (\d+)")


class Restarted(Fault):
    """``core restart now``: all calls are cut. The house notes from when to when it was away."""

    before = after = 0  # its uptime in seconds
    began = datetime.min.replace(tzinfo=UTC)

    async def inject(self) -> None:
        asterisk = self.house.asterisk
        self.before = await self._uptime()
        self.began = datetime.now(UTC)
        with suppress(RigError):  # it may be gone before it has answered
            await asterisk.rx("core restart now")

    async def heal(self) -> None:
        asterisk = self.house.asterisk

        async def is_new() -> bool:
            if asterisk.process and asterisk.process.poll() is not None:
                raise RigError("Asterisk ended in place of restarting")
            if not await greets(asterisk.folder / "run" / "asterisk.ctl"):
                return False
            with suppress(RigError):
                return await self._uptime() < self.before
            return False

        await until(is_new, "Asterisk has restarted", seconds=BOOTED_WITHIN)
        await asterisk.rx("core waitfullybooted")
        self.after = await self._uptime()
        self.house.away.append((self.began, datetime.now(UTC)))

    async def bit(self) -> str:
        return f"its uptime was {self.before} s, then {self.after} s"

    async def _uptime(self) -> int:
        told = await self.house.asterisk.rx("core show uptime seconds")
        found = _UPTIME.search(told)
        if not found:
            raise RigError(f"core show uptime seconds told no uptime: {told!r}")
        return int(found[1])


class _Rotated(Fault):
    """Both journals, as logrotate does it."""

    def files(self) -> Iterator[Path]:
        """Those that are there: after a rotation it takes a call until there is a new one."""
        for name in FILES.values():
            path = self.house.journals / name
            if path.exists():
                yield path

    def free_name(self, path: Path) -> Path:
        """Beside it, with the next number."""
        count = sum(1 for _ in path.parent.glob(f"{path.name}-*"))
        return path.with_name(f"{path.name}-20261122{count:03}")


class Renamed(_Rotated):
    """By rename, and a reload of the logger: queue_log's file stays open until then."""

    async def inject(self) -> None:
        self.moved: list[str] = []
        for path in self.files():
            size, to = path.stat().st_size, self.free_name(path)
            path.rename(to)
            self.moved.append(f"{to.name} ({size:,} bytes)")
        await asyncio.sleep(0.3)  # what is written meanwhile goes to the old file
        with suppress(RigError):  # it may be booting: then its file is a new one anyway
            await self.house.asterisk.rx("logger reload")

    async def bit(self) -> str:
        return f"moved to {', '.join(self.moved)}" if self.moved else ""


class Truncated(_Rotated):
    """By copying and truncating. What Asterisk writes between the two is lost for every reader:
    the copy goes on until that is a moment too short for a line."""

    async def inject(self) -> None:
        self.cut: list[str] = []
        for path in self.files():
            to = self.free_name(path)
            with path.open("rb") as old, to.open("wb") as new:
                shutil.copyfileobj(old, new)
                while more := old.read():
                    new.write(more)
                os.truncate(path, 0)
            if path.stat().st_size < to.stat().st_size:
                self.cut.append(f"{path.name} from {to.stat().st_size:,} bytes")

    async def bit(self) -> str:
        return f"truncated {', '.join(self.cut)}" if self.cut else ""
