"""One call on the stage: what its people do, and what they hear."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

from ccgateway.calls.call import Call as Record
from ccgateway.rig.errors import RigError
from ccgateway.rig.phone.call import Call
from ccgateway.rig.phone.incoming import IncomingCall
from ccgateway.rig.phone.outgoing import OutgoingCall
from ccgateway.rig.phone.phone import Phone
from ccgateway.rig.phone.story import now
from ccgateway.rig.voices import hears
from ccgateway.rig.waiting import until
from tests.acceptance.lines.lane import Lane, Who

if TYPE_CHECKING:  # a stage has plays
    from tests.acceptance.lines.stage import Stage

SOON = 8.0
"""Seconds in which somebody is rung, or heard: longer than a target's limit and its next."""
WRITTEN = 10.0  # seconds from the last hang-up until the record stands
LOOKS = 0.2  # seconds between two looks into the record


class Play:
    """One call of a lane's customer."""

    def __init__(self, stage: Stage, lane: Lane) -> None:
        self.stage, self.lane = stage, lane
        self.began_at = now()
        self.calls: dict[Who, Call] = {}
        """The last call of each, once it was answered (the customer's: once it was dialled)."""
        self._known: set[Call] = {call for who in Who if who for call in self.phone(who).calls}
        self._aside: list[asyncio.Task[object]] = []

    def phone(self, who: Who) -> Phone:
        """Somebody's phone."""
        return self.stage.phone(self.lane, who)

    @property
    def caller(self) -> Call:
        """The customer's call."""
        return self.calls[Who.CUSTOMER]

    def state(self, who: Who) -> tuple[str, str]:
        """An agent's state and reason as the API shows them."""
        return self.stage.agent(self.lane.phone(who))

    async def is_shown(self, who: Who, state: str, reason: str = "") -> None:
        """The API shows an agent so. Raises RigError."""
        await until(
            lambda: self.state(who) == (state, reason),
            f"the {who.value} agent is shown {state} {reason} (now {self.state(who)})",
            seconds=SOON,
        )

    async def are_shown(self, first: str, second: str) -> None:
        """The API shows the agents of first and second line so. Raises RigError."""
        await self.is_shown(Who.FIRST, first)
        await self.is_shown(Who.SECOND, second)

    async def ask(self, verb: str, who: Who) -> None:
        """login, logout, pause or ready, by API. Raises CcgError."""
        await self.stage.ask(verb, self.lane.phone(who))

    async def begin(self) -> Call:
        """The customer calls, and talks with first line. Returns the agent's call."""
        await self.dial(Who.CUSTOMER, self.lane.did)
        call = await self.answers(Who.FIRST)
        await self.talk(Who.FIRST)
        return call

    async def dial(self, who: Who, number: str) -> OutgoingCall:
        """Somebody dials."""
        call = await self.phone(who).dial(number)
        self.calls[who] = call
        return call

    async def is_rung(self, who: Who, within: float = SOON) -> IncomingCall:
        """Somebody's phone is rung anew. Raises RigError."""
        [call, *_] = await until(
            lambda: self._ringing(who), f"{self.lane.service}: {who.value} is rung", seconds=within
        )
        self._known.add(call)
        return call

    async def rings_no_more(self, who: Who) -> None:
        """All that was told to ring at somebody's phone is over. Raises RigError."""
        old = [call for call in self._ringing(who, anew=False) if call in self._known]
        await until(lambda: all(call.is_over for call in old), f"{who.value}'s phone rings no more")

    async def answers(self, who: Who, within: float = SOON) -> IncomingCall:
        """Somebody is rung, and answers. Raises RigError."""
        call = await self.is_rung(who, within)
        await call.answer()
        self.calls[who] = call
        return call

    async def presses(self, who: Who, keys: str) -> None:
        """Somebody presses keys in their talk."""
        await self.calls[who].press(keys)

    def aside(self, work: object) -> None:
        """Let something go on beside the play, until it ends."""
        if not asyncio.iscoroutine(work):
            raise TypeError(work)
        self._aside.append(asyncio.create_task(work))

    def hears(self, who: Who, whom: Who) -> bool:
        """Whether somebody hears somebody now."""
        call = self.calls.get(who)
        return call is not None and not call.is_over and self._is_heard(call, whom)

    async def talk(self, *people: Who) -> None:
        """The customer and these, and nobody else, hear one another. Raises RigError."""
        await self.hear_one_another(Who.CUSTOMER, *people)

    async def hear_one_another(self, *people: Who) -> None:
        """These hear one another, and nobody else of the lane. Raises RigError."""

        def so() -> bool:
            return all(
                self.hears(one, other) == (other in people)
                for one in people
                for other in Who
                if other and other is not one
            )

        names = " and ".join(who.value for who in people)
        try:
            await until(so, "", seconds=SOON)
        except RigError:
            raise RigError(f"{names} do not hear one another: {self._all_heard()}") from None

    async def ends_with(self, who: Who, within: float = 2 * SOON) -> None:
        """The customer comes to somebody, who answers where their phone rings. Raises RigError."""

        async def found() -> bool:
            ringing = self._ringing(who, anew=False)
            for call in ringing:
                self._known.add(call)
                await call.answer()
                self.calls[who] = call
            return self.hears(Who.CUSTOMER, who) and self.hears(who, Who.CUSTOMER)

        try:
            await until(found, "", seconds=within)
        except RigError:
            raise RigError(
                f"the customer did not come to {who.value}: {self._all_heard()}"
            ) from None

    async def hang_up(self, *people: Who) -> None:
        """These hang up, all at once."""
        await asyncio.gather(*(self.calls[who].hang_up() for who in people))

    async def record(self) -> Record:
        """The one record of this play, once all of it has ended. Raises RigError."""
        return (await self.records(1))[0]

    async def records(self, count: int) -> Sequence[Record]:
        """All records of this play, once there are so many and all have ended. Raises RigError."""
        found: Sequence[Record] = ()
        deadline = time.monotonic() + WRITTEN
        while time.monotonic() < deadline:
            found = await self.stage.records(self.lane, self.began_at)
            over = all(call.ended_at and all(leg.ended_at for leg in call.legs) for call in found)
            if len(found) == count and over:
                return found
            await asyncio.sleep(LOOKS)
        stands = [(str(one.call_id)[:8], one.direction, one.ended_at) for one in found]
        raise RigError(f"not {count} ended calls in the record, but {stands}")

    async def lives(self, *numbers: str) -> None:
        """The API shows live calls to exactly these numbers, of all that this lane's people can be
        called by. Raises RigError."""
        ours = {self.lane.did, *self.lane.phones}

        def so() -> bool:
            calls = self.stage.state.get("calls", ())
            live = {one["did"] for one in calls if one["ended_at"] is None}
            return live & ours == set(numbers)

        await until(so, f"the live calls are to {numbers}", seconds=SOON)

    async def close(self) -> None:
        """Whoever is still there hangs up."""
        for task in self._aside:
            task.cancel()
        await asyncio.gather(*self._aside, return_exceptions=True)
        for who in Who:
            for call in self.phone(who).calls if who else ():
                await call.hang_up()

    def _ringing(self, who: Who, *, anew: bool = True) -> list[IncomingCall]:
        """The calls that ring at somebody's phone; ``anew``: those that were not told yet."""
        incoming = [call for call in self.phone(who).calls if isinstance(call, IncomingCall)]
        ringing = [call for call in incoming if not call.is_over and not call.answered_at]
        return [call for call in ringing if not (anew and call in self._known)]

    def _is_heard(self, call: Call, whom: Who) -> bool:
        return hears(call.media.ear.packets, self.phone(whom).line.hertz, time.time())

    def _all_heard(self) -> str:
        """Who hears whom, for people."""
        shown = []
        for who, call in self.calls.items():
            heard = "nothing: it is over" if call.is_over else sorted(call.hears())
            shown.append(f"{who.value} ({self.lane.phone(who)}) hears {heard}")
        return "; ".join(shown)
