"""What happens to the AMI link, by the proxy between."""

from __future__ import annotations

from contextlib import suppress

from ccgateway.rig.chaos.fault import Fault
from ccgateway.rig.errors import RigError
from ccgateway.rig.waiting import until

CONNECTED_WITHIN = 60.0  # seconds; the gateway itself may be away just now
AGAIN_WITHIN = 30.0  # seconds until it has connected again
TRICKLE = 4_000
"""Bytes a second: a fiftieth of what ten calls a second make."""

IN_A_MESSAGE = b"\r\nChannelStateDesc: "  # closed behind it: within an event, within a line


class _Link(Fault):
    """Something happens to a link that is up."""

    accepted = 0

    async def inject(self) -> None:
        ami = self.house.ami
        await until(lambda: ami.connected, "the AMI link is up", seconds=CONNECTED_WITHIN)
        self.accepted = ami.accepted
        self.hurt()

    def hurt(self) -> None:
        """Do it."""
        raise NotImplementedError

    async def _again(self) -> int:
        """How many connections came since; waits for the first."""
        ami = self.house.ami
        with suppress(RigError):
            await until(
                lambda: ami.accepted > self.accepted, "a new AMI link", seconds=AGAIN_WITHIN
            )
        return ami.accepted - self.accepted

    async def bit(self) -> str:
        came = await self._again()
        return f"{came} new connections after it" if came else ""


class Cut(_Link):
    """RST."""

    def hurt(self) -> None:
        self.house.ami.cut()


class HalfOpen(_Link):
    """Nothing comes any more, and nothing is closed."""

    def hurt(self) -> None:
        self.house.ami.freeze()

    async def heal(self) -> None:
        self.came = await self._again()
        self.house.ami.thaw()

    async def bit(self) -> str:
        return f"given up by the gateway, {self.came} new connections" if self.came else ""


class Throttled(_Link):
    """A trickle is left of it."""

    lag = 0.0

    def hurt(self) -> None:
        self.began = self.gauge.now
        self.house.ami.rate = TRICKLE

    async def heal(self) -> None:
        self.held = self.house.ami.connected
        self.house.ami.rate = 0

    async def bit(self) -> str:
        lag = self.gauge.most("ami_lag_seconds", self.began)
        if not self.held:
            return f"{TRICKLE} bytes a second, until the gateway gave the link up"
        return f"{TRICKLE} bytes a second, events came {lag:.1f} s late" if lag > 1 else ""


class MidMessage(_Link):
    """Closed within a line of an event."""

    def hurt(self) -> None:
        self.house.ami.close_after = IN_A_MESSAGE

    async def heal(self) -> None:
        ami = self.house.ami
        with suppress(RigError):
            await until(lambda: not ami.close_after, "an event to close in")
        self.closed = not ami.close_after
        ami.close_after = b""

    async def bit(self) -> str:
        again = await super().bit()
        return f"closed after {IN_A_MESSAGE.decode().strip()!r}, {again}" if self.closed else ""
