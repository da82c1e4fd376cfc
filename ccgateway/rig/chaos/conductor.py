"""Injects the faults of a schedule, each track by itself, and notes what each did."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import asyncpg
import psutil

from ccgateway.errors import CcgError
from ccgateway.rig.chaos import ami_faults as ami
from ccgateway.rig.chaos import asterisk_faults as asterisk
from ccgateway.rig.chaos import gateway_faults as gateway
from ccgateway.rig.chaos import outside_faults as outside
from ccgateway.rig.chaos import postgres_faults as postgres
from ccgateway.rig.chaos.fault import Fault
from ccgateway.rig.chaos.gauge import Gauge
from ccgateway.rig.chaos.house import House
from ccgateway.rig.chaos.schedule import Due, Kind, Track

FAULTS: Mapping[Kind, type[Fault]] = MappingProxyType({
    Kind.KILLED: gateway.Killed, Kind.TERMINATED: gateway.Terminated,
    Kind.STOPPED: gateway.Stopped, Kind.CLOCK: gateway.ClockSteps,
    Kind.IMMEDIATE: postgres.Immediate, Kind.HANGS: postgres.Hangs,
    Kind.CONNECTIONS: postgres.OutOfConnections, Kind.DISK: postgres.DiskFull,
    Kind.CUT: ami.Cut, Kind.HALF_OPEN: ami.HalfOpen, Kind.THROTTLED: ami.Throttled,
    Kind.MID_MESSAGE: ami.MidMessage, Kind.RESTARTED: asterisk.Restarted,
    Kind.RENAMED: asterisk.Renamed, Kind.TRUNCATED: asterisk.Truncated,
    Kind.MUTE: outside.Mute, Kind.FLOOD: outside.Flood,
})  # fmt: skip

Tell = Callable[[str], None]

TRIES = 3
"""Times. What another track has away just now cannot be bitten."""


@dataclass(frozen=True, slots=True)
class Injected:
    """What became of a fault. Times are seconds from the beginning; ``proof``: what shows that it
    bit, '' where nothing does; ``trouble``: why it could not be injected or mended."""

    kind: Kind
    began: float
    ended: float
    proof: str = ""
    trouble: str = ""

    @property
    def bit(self) -> bool:
        return bool(self.proof) and not self.trouble


class Conductor:
    """``injected`` grows in the order in which the faults end."""

    def __init__(self, house: House, gauge: Gauge, tell: Tell) -> None:
        self._house = house
        self._gauge = gauge
        self._tell = tell
        self.injected: list[Injected] = []

    def standing(self, due: int) -> str:
        """How far it is, in one line."""
        last = next((one.values for one in reversed(self._gauge.samples) if one.values), {})
        shown = ("calls_live", "unwritten_facts", "spool_facts", "journals_waiting_calls")
        numbers = ", ".join(f"{name} {last.get(name, 0):.0f}" for name in shown)
        return f"{len(self.injected)} of {due} faults; {numbers}"

    async def play(self, schedule: Sequence[Due]) -> None:
        """All of them; returns when the last is healed."""
        tracks = ([due for due in schedule if due.kind.track is track] for track in Track)
        await asyncio.gather(*(self._play(track) for track in tracks))

    async def _play(self, track: Sequence[Due]) -> None:
        for due in track:
            await asyncio.sleep(max(0.0, due.at - self._gauge.now))
            for _ in range(TRIES):
                done = await self._one(due)
                self.injected.append(done)
                self._tell(f"{done.kind.title}: {done.trouble or done.proof or 'did NOT bite'}")
                if done.bit:
                    break

    async def _one(self, due: Due) -> Injected:
        kind = due.kind
        fault = FAULTS[kind](self._house, self._gauge)
        began, proof, trouble = self._gauge.now, "", ""
        try:
            try:
                await fault.inject()
                await asyncio.sleep(due.lasts or kind.lasts)
            finally:
                await fault.heal()
            proof = await fault.bit()
        except (CcgError, OSError, psutil.Error, asyncpg.PostgresError) as error:
            trouble = str(error) or type(error).__name__
        return Injected(kind, began, self._gauge.now, proof, trouble)
