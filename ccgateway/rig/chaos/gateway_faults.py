"""What happens to the gateway's process, and to its clock."""

from __future__ import annotations

import signal
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import aiohttp
import psutil

from ccgateway.rig.chaos import keeper
from ccgateway.rig.chaos.fault import Fault
from ccgateway.rig.errors import RigError
from ccgateway.rig.waiting import until

ENDS_WITHIN = 30.0  # seconds for the end in order: it writes what it has

STEP_S = 90.0
"""How far the clock jumps: more than any slack that the gateway has."""

STEP_SEEN_S = 5.0  # libfaketime looks once a second


class _Ended(Fault):
    """The process ends by a signal, and is started again."""

    number: signal.Signals

    async def inject(self) -> None:
        await self.gateway_is_up()
        process = self.house.gateway.process
        if process is None:
            raise RigError("the gateway is not running")
        self.house.is_being_ended = True
        self.old = process.pid
        process.send_signal(self.number)
        [self.code] = await until(
            lambda: [code for code in [process.poll()] if code is not None],
            f"the gateway ends by {self.number.name}",
            seconds=ENDS_WITHIN,
        )

    async def heal(self) -> None:
        process = self.house.gateway.process
        if process and process.poll() is None:  # it did not end in time
            self.house.gateway.kill()
        await keeper.start(self.house)
        self.house.is_being_ended = False

    async def bit(self) -> str:
        new = self.house.gateway.pid
        return f"pid {self.old} ended with {self.code}, now {new}" if new != self.old else ""


class Killed(_Ended):
    """kill -9."""

    number = signal.SIGKILL


class Terminated(_Ended):
    """SIGTERM, as systemctl restart has it."""

    number = signal.SIGTERM


class Stopped(Fault):
    """SIGSTOP: it neither answers nor closes anything; then SIGCONT."""

    state = ""

    async def inject(self) -> None:
        await self.gateway_is_up()
        process = psutil.Process(self.house.gateway.pid)
        process.suspend()
        await until(_is_stopped(process), "the gateway is stopped")
        self.state = f"pid {process.pid} was stopped"

    async def heal(self) -> None:
        psutil.Process(self.house.gateway.pid).resume()

    async def bit(self) -> str:
        return self.state


class ClockSteps(Fault):
    """Its clock jumps ahead, and back."""

    seen = 0.0

    async def inject(self) -> None:
        await self.gateway_is_up()
        self.house.clock_file.write_text(f"+{STEP_S:g}\n", encoding="utf-8")
        with suppress(RigError):  # then it did not bite
            self.seen = await until(self._ahead, "the clock is ahead", seconds=STEP_SEEN_S)

    async def heal(self) -> None:
        self.house.clock_file.write_text("+0\n", encoding="utf-8")

    async def bit(self) -> str:
        return f"the gateway's clock was {self.seen:.0f} s ahead" if self.seen else ""

    async def _ahead(self) -> float:
        """By how many seconds, as the Date of its answers tells; 0 for less than half a step."""
        with suppress(aiohttp.ClientError, TimeoutError):
            timeout = aiohttp.ClientTimeout(total=1)
            async with (
                aiohttp.ClientSession(timeout=timeout) as client,
                client.get(f"{self.house.gateway.url}/healthz") as answer,
            ):
                told = parsedate_to_datetime(answer.headers["Date"])
                by = (told - datetime.now(UTC)).total_seconds()
                return by if by > STEP_S / 2 else 0.0
        return 0.0


def _is_stopped(process: psutil.Process) -> Callable[[], bool]:
    return lambda: process.status() == psutil.STATUS_STOPPED
