"""What a fault is: it is injected, it is healed, and it shows that it bit."""

from __future__ import annotations

from ccgateway.rig.chaos.gauge import Gauge
from ccgateway.rig.chaos.house import House
from ccgateway.rig.waiting import until

UP_WITHIN = 60.0  # seconds


class Fault:
    """One injection of one fault. ``inject`` waits until there is something to break; ``heal``
    returns when what was broken is there again. Both raise CcgError."""

    def __init__(self, house: House, gauge: Gauge) -> None:
        self.house = house
        self.gauge = gauge

    async def gateway_is_up(self) -> None:
        """Wait for it: another track's fault may have it away just now. Raises RigError."""
        await until(self.gauge.read, "the gateway is up", seconds=UP_WITHIN)

    async def inject(self) -> None:
        """Break it."""
        raise NotImplementedError

    async def heal(self) -> None:
        """Mend it; nothing, where it mends itself."""

    async def bit(self) -> str:
        """What shows that it bit, for people; '' where nothing does. Asked when it is healed."""
        raise NotImplementedError
