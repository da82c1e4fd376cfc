"""What is done in an agent's place: keys are pressed on his channel, or it is hung up.

The dialplan carries it out, as if the agent had pressed, and tells so; there is one way, with all
that the dialplan knows of the caller's path.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace

from ccgateway.engine.ports import PbxLink
from ccgateway.errors import PbxUnavailable, Refused
from ccgateway.telephony.actions import HangUp, PressKey
from ccgateway.telephony.facts import Fact, Kind

TALKING = "ccg-agent"
CONSULTING = "ccg-consulting"
"""Groups of keys (dialplan/ccg-features.conf) that a channel has by its DYNAMIC_FEATURES."""

CARRIED_OUT_S = 4.0
"""Seconds until the dialplan has told what it did: Asterisk plays three emulated keys out one after
the other, in half a second."""

_SIGNED = frozenset({Kind.ESCALATED, Kind.JOINED})
"""Kinds that are told with who asked."""


@dataclass(frozen=True, slots=True)
class Hand:
    """An agent's channel, by its uniqueid and its name."""

    agent: str
    node: str
    uniqueid: str
    channel: str


@dataclass(frozen=True, slots=True)
class _Asked:
    """What is waited for, and who asked."""

    kind: Kind
    by: str
    told: asyncio.Future[Fact]


class Hands:
    """Presses and hangs up, once at a time for each channel."""

    def __init__(self) -> None:
        self._links: Mapping[str, PbxLink] = {}
        self._asked: dict[tuple[str, str], _Asked] = {}

    def attach(self, links: Mapping[str, PbxLink]) -> None:
        """The AMI links by node."""
        self._links = links

    async def service(self, hand: Hand) -> str:
        """The service of the call, as the dialplan has it on the agent's channel; '' where it has
        none. Raises PbxUnavailable."""
        return await self._link(hand).variable(hand.channel, "CCG_SERVICE")

    async def press(self, hand: Hand, keys: str, of: str, done: Kind, by: str) -> Fact:
        """Press keys of the group ``of`` for an agent, and wait until the dialplan tells that it is
        ``done``. Raises Refused, PbxUnavailable."""
        link = self._link(hand)
        async with self._waiting(hand, done, by) as told:
            # Of a channel without them Asterisk would play the keys to the customer.
            has = await link.variable(hand.channel, "DYNAMIC_FEATURES")
            if of not in has.split("#"):
                raise Refused(
                    f"agent {hand.agent} has no keys for it in this talk: the call did not come to "
                    "the phone by ccgateway's dialplan (Queue() or Dial() with b(ccg-predial^s^1))"
                )
            for key in keys:
                await link.act(PressKey(hand.channel, key))
            return await _in_time(told)

    async def hang_up(self, hand: Hand, by: str) -> Fact:
        """Hang up for an agent, and wait until he has. Raises Refused, PbxUnavailable."""
        link = self._link(hand)
        async with self._waiting(hand, Kind.CHANNEL_ENDED, by) as told:
            await link.act(HangUp(hand.channel))
            return await _in_time(told)

    def hear(self, fact: Fact) -> Fact:
        """Look at a fact before it is put where it belongs: what was asked for here is told with
        who asked."""
        asked = self._asked.get((fact.node, fact.subject))
        if asked is None or asked.kind is not fact.kind or asked.told.done():
            return fact
        asked.told.set_result(fact)
        signed = fact.kind in _SIGNED
        return replace(fact, detail={**fact.detail, "by": asked.by}) if signed else fact

    def _link(self, hand: Hand) -> PbxLink:
        link = self._links.get(hand.node)
        if link is None:
            raise PbxUnavailable
        return link

    @asynccontextmanager
    async def _waiting(
        self, hand: Hand, kind: Kind, by: str
    ) -> AsyncIterator[asyncio.Future[Fact]]:
        where = (hand.node, hand.uniqueid)
        if where in self._asked:
            raise Refused(f"agent {hand.agent} does something else with this call already")
        told: asyncio.Future[Fact] = asyncio.get_running_loop().create_future()
        self._asked[where] = _Asked(kind, by, told)
        try:
            yield told
        finally:
            del self._asked[where]


async def _in_time(told: asyncio.Future[Fact]) -> Fact:
    try:
        async with asyncio.timeout(CARRIED_OUT_S):
            return await told
    except TimeoutError:
        raise Refused(
            "the dialplan did not carry it out: the call went on meanwhile, or features.conf does "
            "not include ccg-features.conf, or (while nobody has answered yet) the queue's section "
            "of queues.conf has no context = ccg-asking"
        ) from None
