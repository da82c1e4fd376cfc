"""What the dialplan knows of the services: kept up in Asterisk's global variables.

So an escalation from an agent's phone goes on by dialplan alone while the gateway is dead.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Mapping, Sequence

import structlog

from ccgateway.engine.ports import Clock, PbxLink
from ccgateway.errors import ActionRefused, PbxUnavailable
from ccgateway.routing.service import Service
from ccgateway.routing.tiers import globals_of
from ccgateway.telephony.actions import SetGlobal

MINUTE_S = 60.0
"""Who is on call changes at full minutes."""

AGAIN_S = 1.0
"""How soon it is tried again while Asterisk cannot be reached."""

ALL_AGAIN = 10
"""Minutes after which all are told again: `dialplan reload` with clearglobalvars=yes takes them
away, and tells nobody."""

log = structlog.get_logger()


class Published:
    """Tells each node its globals: all after each connect, then at each full minute what changed.

    They are told one after the other, and each is waited for: never a flood.
    """

    def __init__(self, services: Sequence[Service], clock: Clock) -> None:
        self._services = services
        self._clock = clock
        self._told: dict[str, dict[str, str]] = defaultdict(dict)
        self._anew: dict[str, asyncio.Event] = defaultdict(asyncio.Event)
        self._refused: set[tuple[str, str]] = set()

    def connected(self, node: str) -> None:
        """The link of a node came up: its Asterisk may have been started anew, and know nothing."""
        self._told[node] = {}
        self._anew[node].set()

    async def keep(self, node: str, links: Mapping[str, PbxLink]) -> None:
        """Keep up the globals of a node, for ever."""
        minutes = 0
        while True:
            self._anew[node].clear()
            try:
                await self._tell(node, links[node])
            except PbxUnavailable:
                await self._connects(node, AGAIN_S)
                continue
            if not await self._connects(node, self._to_the_minute()):
                minutes += 1
            if minutes >= ALL_AGAIN:
                self._told[node] = {}
                minutes = 0

    async def _tell(self, node: str, link: PbxLink) -> None:
        told = self._told[node]  # a connect meanwhile begins another
        for name, value in globals_of(self._services, self._clock.now()).items():
            if told.get(name) == value:
                continue
            try:
                await link.act(SetGlobal(name, value))
            except ActionRefused as error:  # tried again in a minute, and logged once
                if (node, name) not in self._refused:
                    log.warning("asterisk refused a global", node=node, name=name, why=str(error))
                self._refused.add((node, name))
            else:
                told[name] = value

    async def _connects(self, node: str, within: float) -> bool:
        """Wait for a connect; false where none comes in time (seconds)."""
        try:
            async with asyncio.timeout(within):
                return await self._anew[node].wait()
        except TimeoutError:
            return False

    def _to_the_minute(self) -> float:
        now = self._clock.now()
        return MINUTE_S - (now.second + now.microsecond / 1e6)
