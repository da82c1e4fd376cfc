"""What is asked of a running call by API or CLI: to pass it on to another line, to end a
consultation, to note something down, to show it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from ccgateway.calls.board import Board
from ccgateway.calls.call import Call, Escalation, Leg, Mode, Role
from ccgateway.calls.draft import number_of
from ccgateway.calls.homes import at_home
from ccgateway.calls.reduce import Story
from ccgateway.config.words import free_text
from ccgateway.engine.hands import CONSULTING, TALKING, Hand, Hands
from ccgateway.engine.ports import Clock, Inbox, PbxLink
from ccgateway.engine.setup import Setup
from ccgateway.engine.story import story_view
from ccgateway.engine.view import call_view, consultation
from ccgateway.errors import Refused, UnknownCall
from ccgateway.routing.decide import service_of
from ccgateway.routing.service import Service
from ccgateway.routing.tier import BACK, Target
from ccgateway.routing.tiers import DIGIT_OF_BACK, FIRST_TIER, on_call, target_of, ways_of
from ccgateway.telephony.facts import Fact, Kind, Source

CODES = {Mode.COLD: "*2", Mode.WARM: "*3", Mode.BACK: "*2"}
"""What the agents press before the digit (dialplan/ccg-features.conf)."""

TAKE, JOIN, COMPLETE = "take", "join", "complete"
ENDINGS = {TAKE: ("*1", Kind.BRIDGE_ENTERED), JOIN: ("*4", Kind.JOINED), COMPLETE: ("", None)}
"""How a consultation ends: what the agent presses, and what then is told of his channel. To
complete he hangs up."""

LONGEST_NOTE = 500
"""Characters of a note: a few sentences, which the next agent reads while the phone rings."""

BY_PROGRAM = ("api", "cli")
"""Who wrote a note that names no agent."""

CASE = "#"
MODES = (Mode.COLD, Mode.WARM)

MOST_NAMED = 5
"""Calls that a refusal names where the beginning of an id fits many."""


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
    """Running calls, as API and CLI ask for them: by the id, the beginning of it, or #case."""

    def __init__(self, setup: Setup, board: Board, inbox: Inbox, clock: Clock) -> None:
        self.renew(setup)
        self._board = board
        self._inbox = inbox
        self._clock = clock
        self._hands = Hands()
        self._links: Mapping[str, PbxLink] = {}

    def renew(self, setup: Setup) -> None:
        """Go on by another setup."""
        self._services = {service.id: service for service in setup.services}
        self._homes = setup.homes
        self._writers = {*BY_PROGRAM, *(agent.id for agent in setup.agents)}

    def attach(self, links: Mapping[str, PbxLink]) -> None:
        """The AMI links by node."""
        self._links = links
        self._hands.attach(links)

    def view(self, call: str) -> dict[str, object]:
        """A call as watchers see it. Raises UnknownCall, Refused."""
        return call_view(self._find(call))

    def story(self, call: str) -> dict[str, object]:
        """The whole story of a call so far. Raises UnknownCall, Refused."""
        return story_view(self._find(call))

    async def escalate(
        self, call: str, to: str, mode: str, *, agent: str = "", by: str = ""
    ) -> dict[str, str]:
        """Pass a call on, as the agent who talks in it would by keys: ``to`` a target's name, NEXT
        or BACK; ``mode`` cold or warm. ``agent``: which one, where several talk. What was done.
        Raises UnknownCall, Refused, PbxUnavailable."""
        found = self._find(call)
        hand = _talker(found, agent)
        service = await self._service(found, hand)
        way = self._way(service, _tier_of(found, hand.agent), to, mode)
        keys = f"{CODES[way.mode]}{way.digit}"
        told = await self._hands.press(hand, keys, TALKING, Kind.ESCALATED, by)
        return {
            "call_id": str(found.call_id),
            "agent": hand.agent,
            "to": told.detail.get("to", way.name),
            "mode": told.detail.get("mode", way.mode.value),
        }

    async def consult(self, call: str, do: str, *, by: str = "") -> dict[str, str]:
        """End a consultation (warm) for the agent who consults: TAKE the caller back, JOIN (all
        three talk) or COMPLETE (the other one has the caller). What was done.
        Raises UnknownCall, Refused, PbxUnavailable."""
        if do not in ENDINGS:
            raise Refused(f"no such end of a consultation: {do!r}; there are {', '.join(ENDINGS)}")
        found = self._find(call)
        hand, passed = _consulter(found)
        keys, done = ENDINGS[do]
        if done is None:
            await self._hands.hang_up(hand, by)
        elif do == JOIN and passed.accepted_at is None:
            raise Refused(
                f"nobody of {passed.to} has answered agent {hand.agent} yet: {TAKE} the caller "
                f"back, or {COMPLETE}, and the caller waits there without the agent"
            )
        else:
            await self._hands.press(hand, keys, CONSULTING, done, by)
        return {"call_id": str(found.call_id), "agent": hand.agent, "do": do}

    def hear(self, fact: Fact) -> Fact:
        """Look at a fact before it is put where it belongs, and add what we know of it: who asked,
        and what the dialplan cannot know of the service that it names."""
        return self._hands.hear(at_home(fact, self._homes))

    def note(self, call: str, text: str, *, by: str) -> str:
        """Write something down for whoever has the case next; the call's id. The call lives, or
        ended within the minute that ended calls are remembered. Raises UnknownCall, Refused."""
        found = self._find(call)
        if by not in self._writers:
            raise Refused(f"no agent {by!r} in the configuration")
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
        """The call that ``wanted`` names. Only that one is folded: there may be hundreds."""
        found = [story for story in self._board.stories() if _is_named(story, wanted)]
        if not found:
            raise UnknownCall(f"no live call {wanted!r}; `ccgateway call list` shows them")
        if len(found) > 1:
            known = ", ".join(str(story.call_id)[:12] for story in found[:MOST_NAMED])
            more = ", ..." if len(found) > MOST_NAMED else ""
            raise Refused(
                f"{len(found)} live calls are named {wanted!r}: {known}{more}; give more of the id"
            )
        return found[0].call()

    async def _service(self, call: Call, hand: Hand) -> Service:
        """Of a call that began without us the dialplan knows it. Raises Refused, PbxUnavailable."""
        services = self._services
        service = services.get(call.service) or service_of(tuple(services.values()), call.did)
        service = service or services.get(await self._hands.service(hand))
        if service is None:
            raise Refused("the call is of no service that has lines to pass it on to")
        return service

    def _way(self, service: Service, tier: int, to: str, mode: str) -> _Way:
        """Raises Refused."""
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


def _is_named(story: Story, wanted: str) -> bool:
    if wanted.startswith(CASE):
        return number_of(wanted.removeprefix(CASE)) in story.cases
    ids = (story.call_id, *story.former)  # CCG_CALL on a phone is the id of when it was set
    return bool(wanted) and any(str(one).startswith(wanted.lower()) for one in ids)


def _talker(call: Call, wanted: str) -> Hand:
    """Who passes the call on. Raises Refused."""
    _refuse_ended(call)
    talks = {talk.agent: talk for talk in call.talks if talk.agent and talk.ended_at is None}
    if not talks and (consults := consultation(call)):
        raise Refused(
            f"agent {consults.by} consults {consults.to} in this call already: {TAKE} the caller "
            f"back, {JOIN} or {COMPLETE} first"
        )
    if not talks:
        raise Refused("no agent talks in this call now")
    if wanted and wanted not in talks:
        raise Refused(f"agent {wanted} does not talk in this call; there are: {', '.join(talks)}")
    if len(talks) > 1 and not wanted:
        raise Refused(f"agents {' and '.join(talks)} talk in this call: say which passes it on")
    talk = talks[wanted] if wanted else next(iter(talks.values()))
    return _hand(call, talk.agent, [leg for leg in call.legs if leg.uniqueid == talk.uniqueid])


def _consulter(call: Call) -> tuple[Hand, Escalation]:
    """Who consults, and how that began. Raises Refused."""
    _refuse_ended(call)
    consults = consultation(call)
    if consults is None:
        raise Refused("nobody consults in this call now")
    return _hand(
        call, consults.by, [leg for leg in call.legs if leg.agent == consults.by]
    ), consults


def _refuse_ended(call: Call) -> None:
    if call.ended_at is not None:
        raise Refused(f"the call ended at {call.ended_at:%H:%M:%S} UTC")


def _hand(call: Call, agent: str, legs: list[Leg]) -> Hand:
    """The agent's live channel. Raises Refused."""
    for leg in legs:
        if leg.ended_at is None:
            return Hand(agent, call.node, leg.uniqueid, leg.channel)
    raise Refused("the talk is ending")


def _tier_of(call: Call, agent: str) -> int:
    """The line at which this agent took the call."""
    taken = [visit.tier for visit in call.visits if visit.agent == agent]
    return taken[-1] if taken else FIRST_TIER
