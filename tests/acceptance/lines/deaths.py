"""The gateway goes away, and comes back, while calls are played side by side, each at a moment of
its own."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from functools import partial
from typing import Any
from uuid import UUID

from ccgateway.calls.call import Call as Record
from ccgateway.calls.call import Known
from ccgateway.rig.errors import RigError
from ccgateway.rig.gateway import Gateway
from ccgateway.rig.phone.media import KEY_PACKETS
from ccgateway.rig.phone.rtp import PTIME
from ccgateway.rig.phone.story import What, now
from ccgateway.rig.voices import spans
from ccgateway.rig.waiting import until
from tests.acceptance.lines.ears import longest_silence
from tests.acceptance.lines.lane import AGENTS, Who
from tests.acceptance.lines.play import Play
from tests.acceptance.lines.stage import Stage

PRESSED = timedelta(seconds=KEY_PACKETS * PTIME)
KEYS_TAKE = timedelta(seconds=1.5)
"""Who presses the keys of a code is not heard from the first one on, and at its end he is gone. It
is the same where the gateway puts them to Asterisk."""

PAUSE = timedelta(seconds=0.3)
"""From key to key of a code it is 0.2 s."""

REPAIRED_WITHIN = 20.0
"""Seconds from the end of a call; 5 as a rule."""

LOOKED = "snapshot compared"
"""What the gateway logs when it knows what the PBX has."""


class Until(Enum):
    """What an act waits for: that all calls are where they can stay for a while; that all are at
    their moment, but those that can hold it for a second only; that the gateway is gone; that it
    is there again. Each at most once, in this order; GONE and BACK in every act."""

    ALL_READY = 1
    ALL_CLOSE = 2
    GONE = 3
    BACK = 4


Steps = AsyncIterator[Until]
Act = Callable[[Play], Steps]


@dataclass(frozen=True, slots=True)
class Spoke:
    """Somebody was heard by the customer."""

    who: Who
    since: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class Times:
    """Of the gateway: from ``gone_at`` on it did nothing, from ``starts_at`` it was being started
    (or woken), since ``back_at`` it is there."""

    gone_at: datetime
    starts_at: datetime
    back_at: datetime


@dataclass(frozen=True, slots=True)
class Seen:
    """What was seen of a call. ``shown`` is what the gateway showed of it before it went, {} where
    the call began later; ``silence`` is the caller's longest, in seconds."""

    play: Play
    record: Record
    shown: dict[str, Any]
    times: Times
    silence: float
    spoke: tuple[Spoke, ...]

    @property
    def call_id(self) -> UUID:
        """The id it had before."""
        return UUID(self.shown["call_id"])


class Meeting:
    """Nobody goes on before so many have come, or have left for good."""

    def __init__(self, members: int) -> None:
        self._members, self._here = members, 0
        self._all_here = asyncio.Event()

    async def meet(self) -> None:
        """Come, and wait for the others."""
        self._here += 1
        all_here = self._all_here
        self._look()
        await all_here.wait()

    def leave(self) -> None:
        """Come no more."""
        self._members -= 1
        self._look()

    def _look(self) -> None:
        if self._here >= self._members:
            self._here = 0
            self._all_here.set()
            self._all_here = asyncio.Event()


class Absence:
    """The gateway goes away once, with a call for each act. ``by`` SIGKILL, and it is started
    again; or SIGSTOP, and it goes on."""

    def __init__(
        self, stage: Stage, acts: Sequence[Act], by: signal.Signals = signal.SIGKILL
    ) -> None:
        self._stage, self._acts, self._by = stage, acts, by
        self._meeting = Meeting(len(acts) + 1)
        self._gone_at = self._starts_at = self._back_at = now()

    async def seen(self) -> list[Seen | BaseException]:
        """Play all acts, each in a lane of its own; what was seen of each, or why it broke off, in
        their order. Raises RigError where the gateway does not come back."""
        works = [
            asyncio.create_task(self._stage.play(partial(self._perform, act))) for act in self._acts
        ]
        try:
            for step in Until:
                await self._meeting.meet()
                await self._bring_about(step)
                await self._meeting.meet()
            return await asyncio.gather(*works, return_exceptions=True)
        finally:
            for work in works:
                work.cancel()

    async def _bring_about(self, step: Until) -> None:
        gateway = self._stage.world.gateway
        if step is Until.GONE:
            self._gone_at = now()
            if self._by is signal.SIGKILL:
                gateway.kill()
            else:
                os.kill(gateway.pid, self._by)
        elif step is Until.BACK:
            self._starts_at = now()
            if self._by is signal.SIGKILL:
                await self._starts(gateway)
            else:
                os.kill(gateway.pid, signal.SIGCONT)
            self._back_at = now()

    async def _starts(self, gateway: Gateway) -> None:
        """It is back once it has looked: ready it is a moment before, and whom it did not find any
        more then, it cannot know."""

        def looks() -> int:
            return gateway.log.read_text(encoding="utf-8").count(LOOKED)

        before = looks()
        await gateway.start()
        await until(lambda: looks() > before, "the gateway has compared its snapshot")

    async def _perform(self, act: Act, play: Play) -> Seen:
        steps = iter(Until)
        shown: dict[str, Any] = {}
        try:
            async for wanted in act(play):
                if Who.CUSTOMER in play.calls and not shown:
                    shown = await self._shown(play)
                for step in steps:
                    await self._meeting.meet()
                    await self._meeting.meet()
                    if step is wanted:
                        break
        finally:
            if Until.BACK in steps:  # it broke off before
                self._meeting.leave()
        await play.caller.over()
        if not play.caller.ended_by_us:
            raise RigError("the caller was hung up")
        return Seen(
            play,
            await self._record(play),
            shown,
            Times(self._gone_at, self._starts_at, self._back_at),
            longest_silence(play.caller),
            tuple(_spoke(play)),
        )

    async def _record(self, play: Play) -> Record:
        """Once the journals have made it whole, where the gateway did not hear it all."""
        if self._by is not signal.SIGKILL:
            return await play.record()

        async def repaired() -> Record | None:
            record = await play.record()
            return record if record.known is Known.REPAIRED else None

        record = await until(repaired, "its record is repaired", seconds=REPAIRED_WITHIN)
        assert record is not None
        return record

    async def _shown(self, play: Play) -> dict[str, Any]:
        """The call as the gateway shows it; {} where it is gone."""
        if self._gone_at > play.began_at:
            return {}
        number = play.lane.phone(Who.CUSTOMER)

        def calls() -> list[dict[str, Any]]:
            return [one for one in self._stage.state.get("calls", ()) if one["caller"] == number]

        return (await until(calls, f"the gateway shows the call of {number}"))[0]


def _spoke(play: Play) -> list[Spoke]:
    """Whom the customer heard, in order; until the last key where keys ended it."""
    packets = play.caller.media.ear.packets
    found = []
    for who in (*AGENTS, Who.VENDOR):
        phone = play.phone(who)
        keys = [one.at + PRESSED for one in phone.log if one.what is What.KEY_SENT]
        for since, till in spans(packets, phone.line.hertz):
            found.append(Spoke(who, since, _last_of_the_code(keys, till)))
    return sorted(found, key=lambda one: one.since)


def _last_of_the_code(keys: list[datetime], since: datetime) -> datetime:
    """The last key of the code that was begun then, or a little later; else ``since``. The agents
    may be quick, and the next code may follow soon."""
    last, until_ = since, since + KEYS_TAKE
    for key in keys:
        if since <= key < until_:
            last, until_ = key, key + PAUSE
    return last
