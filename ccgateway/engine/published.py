"""What the dialplan knows of the services: kept up in Asterisk's global variables.

So an escalation from an agent's phone goes on by dialplan alone while the gateway is dead.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence

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

PAUSE_S = 0.02
ROUND_S = 30.0
"""What has not changed is told again each minute too, with a pause before each, and within half of
it: `dialplan reload` with clearglobalvars=yes takes all away, and tells nobody."""

log = structlog.get_logger()


class Published:
    """Tells each node its globals: all after each connect; then at each full minute what changed,
    and without haste the others.

    They are told one after the other, and each is waited for: never a flood. What is told lives
    until Asterisk is started anew; what a ``renew`` takes away is told as ''.
    """

    def __init__(
        self, services: Sequence[Service], clock: Clock, phones: Sequence[str] = ()
    ) -> None:
        self._services = services
        self._phones = phones
        self._clock = clock
        self._withdrawn: dict[str, str] = {}
        self._names: Collection[str] = ()  # of what there was to tell last
        self._told: dict[str, dict[str, str]] = defaultdict(dict)
        self._anew: dict[str, asyncio.Event] = defaultdict(asyncio.Event)
        self._refused: set[tuple[str, str]] = set()

    def renew(self, services: Sequence[Service], phones: Sequence[str]) -> None:
        """Go on with these, and tell every node at once what that changes."""
        before = self._names
        self._services, self._phones, self._withdrawn = services, phones, {}
        now = self._now()
        self._withdrawn = {name: "" for name in before if name not in now}
        self._names = [*now, *self._withdrawn]
        for anew in self._anew.values():
            anew.set()

    def connected(self, node: str) -> None:
        """The link of a node came up: its Asterisk may have been started anew, and know nothing."""
        self._told[node] = {}
        self._anew[node].set()

    async def keep(self, node: str, links: Mapping[str, PbxLink]) -> None:
        """Keep up the globals of a node, for ever."""
        while True:
            self._anew[node].clear()
            try:
                await self._tell(node, links[node])
            except PbxUnavailable:
                await self._connects(node, AGAIN_S)
                continue
            await self._connects(node, self._to_the_minute())

    async def _tell(self, node: str, link: PbxLink) -> None:
        told = self._told[node]  # a connect meanwhile begins another
        now = self._now()
        same = [(name, value) for name, value in now.items() if told.get(name) == value]
        for name, value in now.items():
            if told.get(name) != value:
                await self._set(link, name, value, told)
        for name, value in same:
            if await self._connects(node, min(PAUSE_S, ROUND_S / len(same))):
                return
            await self._set(link, name, value, told)

    def _now(self) -> dict[str, str]:
        found = globals_of(self._services, self._clock.now(), self._phones)
        self._names = found = {**found, **self._withdrawn}
        return found

    async def _set(self, link: PbxLink, name: str, value: str, told: dict[str, str]) -> None:
        try:
            await link.act(SetGlobal(name, value))
        except ActionRefused as error:  # tried again in a minute, and logged once
            if (link.node, name) not in self._refused:
                log.warning("asterisk refused a global", node=link.node, name=name, why=str(error))
            self._refused.add((link.node, name))
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
