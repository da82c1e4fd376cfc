"""What is asked of a running call: to pass it on to another line, and to note something down.

An agent does the first by keys during the talk, and the dialplan carries it out alone. Asked by API
or CLI it is the same: we press the keys on the agent's channel. So there is one way, with all that
the dialplan knows of the path of the caller, and what was done is told by the dialplan.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, replace

from ccgateway.calls.board import Board
from ccgateway.calls.call import Call, Leg, Mode, Role
from ccgateway.config.words import free_text
from ccgateway.engine.ports import Clock, Inbox, PbxLink
from ccgateway.engine.setup import Setup
from ccgateway.errors import PbxUnavailable, Refused, UnknownCall
from ccgateway.routing.service import Service
from ccgateway.routing.tier import BACK, Target
from ccgateway.routing.tiers import DIGIT_OF_BACK, FIRST_TIER, on_call, target_of, ways_of
from ccgateway.telephony.actions import PressKey
from ccgateway.telephony.facts import Fact, Kind, Source

CODES = {Mode.COLD: "*2", Mode.WARM: "*3", Mode.BACK: "*2"}
"""What the agents press before the digit (dialplan/ccg-features.conf)."""

CARRIED_OUT_S = 4.0
"""Seconds until the dialplan has told that it passed the call on: Asterisk plays three emulated
keys out one after the other, in half a second."""

LONGEST_NOTE = 500
"""Characters of a note: a few sentences, which the next agent reads while the phone rings."""

CASE = "#"
MODES = (Mode.COLD, Mode.WARM)


@dataclass(frozen=True, slots=True)
class _Talk:
    """Who can pass a call on: the agent, on which channel."""

    agent: str
    leg: Leg


@dataclass(frozen=True, slots=True)
class _Way:
    """Where a call shall go, and how. No target: to the line before."""

    mode: Mode
    digit: str
    target: Target | None

    @property
    def name(self) -> str:
        return self.target.name if self.target else BACK


class Lines:
    """Escalations and notes that are asked for by API or CLI."""

    def __init__(self, setup: Setup, board: Board, inbox: Inbox, clock: Clock) -> None:
        self._services = {service.id: service for service in setup.services}
        self._board = board
        self._inbox = inbox
        self._clock = clock
        self._links: Mapping[str, PbxLink] = {}
        self._asked: dict[tuple[str, str], tuple[str, asyncio.Future[Fact]]] = {}

    def attach(self, links: Mapping[str, PbxLink]) -> None:
        """The AMI links by node."""
        self._links = links

    async def escalate(
        self, call: str, to: str, mode: str, *, agent: str = "", by: str = ""
    ) -> dict[str, str]:
        """Pass a call on, as the agent who talks in it would by keys: ``to`` a target's name, NEXT
        or BACK; ``mode`` cold or warm. ``agent``: which one, where several talk. What was done.
        Raises UnknownCall, Refused, PbxUnavailable."""
        found = self._find(call)
        talk = _talk(found, agent)
        way = self._way(found, talk, to, mode)
        link = self._links.get(found.node)
        if link is None:
            raise PbxUnavailable
        told = await self._press(link, (found.node, talk.leg.uniqueid), talk.leg.channel, way, by)
        return {
            "call_id": str(found.call_id),
            "agent": talk.agent,
            "to": told.detail.get("to", way.name),
            "mode": told.detail.get("mode", way.mode.value),
        }

    async def _press(
        self, link: PbxLink, where: tuple[str, str], channel: str, way: _Way, by: str
    ) -> Fact:
        """Press the keys, and wait for the dialplan's word. Raises Refused, PbxUnavailable."""
        if where in self._asked:
            raise Refused("the call is being passed on already")
        told: asyncio.Future[Fact] = asyncio.get_running_loop().create_future()
        self._asked[where] = (by, told)
        try:
            for key in f"{CODES[way.mode]}{way.digit}":
                await link.act(PressKey(channel, key))
            async with asyncio.timeout(CARRIED_OUT_S):
                return await told
        except TimeoutError:
            raise Refused(
                "the dialplan did not pass the call on: the agent consults already, or features"
                ".conf does not include ccg-features.conf"
            ) from None
        finally:
            del self._asked[where]

    def hear(self, fact: Fact) -> Fact:
        """Look at a fact before it is put where it belongs: an escalation that was asked for here
        is told with who asked."""
        if fact.kind is not Kind.ESCALATED:
            return fact
        by, told = self._asked.get((fact.node, fact.subject), ("", None))
        if told is None or told.done():
            return fact
        told.set_result(fact)
        return replace(fact, detail={**fact.detail, "by": by})

    def note(self, call: str, text: str, *, by: str) -> str:
        """Write something down for whoever has the case next; the call's id. The call lives, or
        ended within the minute that ended calls are remembered. Raises UnknownCall, Refused."""
        found = self._find(call)
        try:
            said = free_text(text).strip()
        except ValueError as error:
            raise Refused(f"a note is {error}") from error
        if not 1 <= len(said) <= LONGEST_NOTE:
            raise Refused(f"a note has 1 to {LONGEST_NOTE} characters; this has {len(said)}")
        caller = next((leg for leg in found.legs if leg.role is Role.CALLER), found.legs[0])
        link = self._links.get(found.node)
        at = self._clock.now() if link is None else link.now()
        told = Fact(found.node, Kind.NOTED, caller.uniqueid, at, at.isoformat(), source=Source.SELF)
        self._inbox.put(replace(told, detail={"note": said, "by": by}))
        return str(found.call_id)

    def _find(self, wanted: str) -> Call:
        """The call that ``wanted`` names: its id, the beginning of it, or #case."""
        if wanted.startswith(CASE):
            calls = [call for call in self._board.calls() if f"{CASE}{call.case}" == wanted]
        else:
            begins = wanted.lower()
            calls = [c for c in self._board.calls() if begins and str(c.call_id).startswith(begins)]
        if not calls:
            raise UnknownCall(f"no live call {wanted!r}; `ccgateway call list` shows them")
        if len(calls) > 1:
            known = ", ".join(str(call.call_id)[:12] for call in calls)
            raise Refused(
                f"{len(calls)} live calls begin with {wanted!r}: {known}; give more of it"
            )
        return calls[0]

    def _way(self, call: Call, talk: _Talk, to: str, mode: str) -> _Way:
        service = self._services.get(call.service)
        if service is None:
            raise Refused("the call is of no service that has lines to pass it on to")
        tier = _tier_of(call, talk.agent)
        if to == BACK:
            if tier == FIRST_TIER:
                raise Refused("the call is at first line: there is no line before")
            return _Way(Mode.BACK, DIGIT_OF_BACK, None)
        if mode not in MODES:
            raise Refused(f"no such mode: {mode!r}; there are {', '.join(MODES)}")
        target = target_of(service, to, tier)
        if target is None:
            there = ", ".join(ways_of(service, tier))
            raise Refused(
                f"service {service.id} has no {to!r} to pass a call on to; there are: {there}"
            )
        self._refuse_nobody(service, target)
        return _Way(Mode(mode), str(target.digit), target)

    def _refuse_nobody(self, service: Service, target: Target) -> None:
        if target.on_call and not on_call(target, service, self._clock.now()):
            raise Refused(f"nobody is on call for {target.name} now")


def _talk(call: Call, wanted: str) -> _Talk:
    """Who passes the call on. Raises Refused."""
    if call.ended_at is not None:
        raise Refused(f"the call ended at {call.ended_at:%H:%M:%S} UTC")
    talks = {talk.agent: talk for talk in call.talks if talk.agent and talk.ended_at is None}
    if not talks:
        raise Refused("no agent talks in this call now")
    if wanted and wanted not in talks:
        raise Refused(f"agent {wanted} does not talk in this call; there are: {', '.join(talks)}")
    if len(talks) > 1 and not wanted:
        raise Refused(f"agents {' and '.join(talks)} talk in this call: say which passes it on")
    talk = talks[wanted] if wanted else next(iter(talks.values()))
    for leg in call.legs:
        if leg.uniqueid == talk.uniqueid and leg.ended_at is None:
            return _Talk(talk.agent, leg)
    raise Refused("the talk is ending")


def _tier_of(call: Call, agent: str) -> int:
    """The line at which this agent took the call."""
    taken = [visit.tier for visit in call.visits if visit.agent == agent]
    return taken[-1] if taken else FIRST_TIER
