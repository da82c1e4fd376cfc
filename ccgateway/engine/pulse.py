"""The pulse: what is done each second and each minute, and how late the loop is.

The heartbeat is a global variable in Asterisk that the dialplan compares with its clock: where it
is old, callers take the static branch and do not even ask us. So it is told in Asterisk's time.
It is sent by the very loop that answers AGI, so a loop that hangs stops it.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Mapping

import structlog

from ccgateway.engine.desk import Desk
from ccgateway.engine.ports import Beat, Clock, Inbox, PbxLink
from ccgateway.errors import PbxUnavailable
from ccgateway.telephony.actions import SetGlobal

BEAT_S = 1.0
"""The dialplan calls a heartbeat old after 3 s: two may be late."""

AGAIN_S = 0.1
"""How soon it is tried again while the link is down: callers of the first second after a connect
should not take the static branch."""

RECONCILE_S = 60.0
"""A member whom somebody else changed is put right within this; a look costs a PBX little."""

LAG_S = 0.1
"""Between two measurements: a stop of the loop that a caller would notice spans several."""

LAG_ALARM_MS = 20.0
"""Beyond it AGI answers and pings wait for something that has no business in the loop."""

LAG_TOLD_S = 60.0
"""How often a late loop is logged at most: it may be late ten times a second."""

log = structlog.get_logger()


class Pulse:
    """The timers of the engine."""

    def __init__(
        self, desk: Desk, links: Mapping[str, PbxLink], clock: Clock, inbox: Inbox
    ) -> None:
        self._desk = desk
        self._inbox = inbox
        self._links = links
        self._clock = clock
        self.lag_ms = 0.0
        """How late the loop was last, in milliseconds."""
        self.worst_lag_ms = 0.0
        """How late it was at the worst since the start."""
        self.late = 0
        """How often it was later than LAG_ALARM_MS."""

    async def beat(self, node: str) -> None:
        """Refresh a node's heartbeat, for ever. What Asterisk told before it answers is here."""
        while True:
            link = self._links[node]
            at = link.now()
            value = str(int((self._clock.now() + link.offset).timestamp()))
            try:
                await link.act(SetGlobal("CCG_HEARTBEAT", value))
            except PbxUnavailable:
                await asyncio.sleep(AGAIN_S)
            else:
                self._inbox.put(Beat(node, at))
                await asyncio.sleep(BEAT_S)

    async def reconcile(self, node: str) -> None:
        """Compare the members of the queues with our agents each minute, for ever."""
        while True:
            await asyncio.sleep(RECONCILE_S)
            try:
                await self._desk.reconcile(node, await self._links[node].members())
            except PbxUnavailable as error:
                log.debug("members not compared", node=node, why=str(error))

    async def measure(self) -> None:
        """Measure the loop's lag, for ever; a late one is logged, the worst of each minute."""
        loop = asyncio.get_running_loop()
        told, untold_ms = -math.inf, 0.0
        while True:
            due = loop.time() + LAG_S
            await asyncio.sleep(LAG_S)
            now = loop.time()
            self.lag_ms = max(0.0, (now - due) * 1000)
            self.worst_lag_ms = max(self.worst_lag_ms, self.lag_ms)
            untold_ms = max(untold_ms, self.lag_ms)
            self.late += self.lag_ms > LAG_ALARM_MS
            if untold_ms > LAG_ALARM_MS and now - told >= LAG_TOLD_S:
                log.warning("the loop is late", worst_lag_ms=round(untold_ms, 1))
                told, untold_ms = now, 0.0
