"""One call that the crew plays: who takes part in it, and what those people can do."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Collection
from contextlib import asynccontextmanager, suppress
from datetime import datetime
from typing import TYPE_CHECKING

from ccgateway.rig.compare import Asked
from ccgateway.rig.errors import RigError
from ccgateway.rig.hotline import VENDOR
from ccgateway.rig.lines_truth import truth_of
from ccgateway.rig.outward_truth import consultations
from ccgateway.rig.parts import Part, part_of
from ccgateway.rig.phone.call import Call
from ccgateway.rig.phone.incoming import IncomingCall
from ccgateway.rig.phone.outgoing import OutgoingCall
from ccgateway.rig.phone.phone import Phone
from ccgateway.rig.phone.story import now
from ccgateway.rig.plan import Kind, Planned
from ccgateway.rig.truth import TruthCall
from ccgateway.rig.voices import hears
from ccgateway.rig.waiting import until

if TYPE_CHECKING:  # the crew has scenes, and a scene its crew
    from ccgateway.rig.crew import Crew

PhoneCall = IncomingCall | OutgoingCall

LIFTS = 0.3  # seconds until an agent lifts the receiver
FREE_WITHIN = 120.0  # seconds that a scene waits for a phone that others use
SPEAKS = 0.8  # seconds that a person speaks before the next thing happens


class Scene:
    """The call of one customer. ``calls`` are all phones' calls that belong to it."""

    def __init__(self, crew: Crew, planned: Planned) -> None:
        self.crew = crew
        self.planned = planned
        self.truth: list[TruthCall] = []  # once it is over: its call; and other calls about it
        self.calls: list[PhoneCall] = []
        self._customer: Phone | None = None
        self._is_left_out = False
        self._told: set[PhoneCall] = set()
        self._clicked_at: datetime | None = None

    async def play(self, act: Callable[[Scene], Awaitable[None]]) -> None:
        """Play it to its end. Raises CcgError where it does not go as the act says; in any case
        nobody is left on the phone, and the truth is kept."""
        try:
            await act(self)
        finally:
            if self._customer:
                await self._close()
                self._settle()

    @property
    def customer(self) -> Phone:
        """Who calls, or is called; of a call between agents the one who calls. There are fewer
        tones than scenes: who has to wait for a phone to be free has none yet."""
        self._customer = self._customer or self.crew.customer(self.planned)
        return self._customer

    @property
    def number(self) -> str:
        """The customer's; of a call between agents the one's who calls."""
        return self.planned.caller.number

    @property
    def did(self) -> str:
        """The number of ours that is dialled, '' where an agent begins the call."""
        return self.planned.caller.did

    @property
    def asked(self) -> list[Asked]:
        """What was to be placed: its call, and what its people placed for it; nothing where the
        agent's phone was never free for it."""
        if self._is_left_out:
            return []
        others = [Asked(call.number, call.did) for call in self.truth[1:]]
        return [Asked(self.number, self.did), *others]

    @property
    def everybody(self) -> list[PhoneCall]:
        """All calls of it; of an outside number all it ever had."""
        own = [call for call in self.customer.calls if call not in self.calls]
        return self.calls + (own if self.planned.kind is not Kind.AGENTS else [])

    def _parts(self) -> list[Part]:
        """What each phone saw of it, in the order they came in."""
        hertz = self.customer.line.hertz
        parts = [part_of(call, hertz) for call in self.everybody]
        return sorted(parts, key=lambda part: part.at)

    def since(self, phone: str) -> datetime | None:
        """Since when this phone takes part in it with a call that lives; None where none does."""
        own = [call for call in self.calls if call.line.user == phone and not call.is_over]
        return max((call.begun_at for call in own), default=None)

    async def customer_dials(self) -> OutgoingCall:
        """The customer calls the service."""
        return await self.dials(self.customer, self.did)

    async def dials(self, phone: Phone, number: str) -> OutgoingCall:
        """Somebody dials."""
        call = await phone.dial(number)
        self.calls.append(call)
        return call

    async def clicks(self, agent: int) -> None:
        """A click at the gateway: it is to call this agent, then the customer. Raises CcgError."""
        self._clicked_at = now()
        await self.crew.originate(str(agent), self.number)

    async def is_rung(self, phones: Collection[int | str]) -> IncomingCall:
        """One of these is rung for this customer. Raises RigError."""
        names = {str(phone) for phone in phones}

        def rung() -> list[IncomingCall]:
            incoming = [call for call in self.everybody if isinstance(call, IncomingCall)]
            fresh = [call for call in incoming if not call.is_over and call not in self._told]
            return [call for call in fresh if call.line.user in names]

        [call, *_] = await until(
            rung, f"one of {sorted(names)} is rung", seconds=self.crew.patience
        )
        self._told.add(call)
        return call

    async def answers(self, *phones: int | str) -> IncomingCall:
        """One of these is rung for this customer, and lifts the receiver; a ringing that ends just
        then is followed by another. Raises RigError."""
        while True:
            call = await self.is_rung(phones)
            await asyncio.sleep(LIFTS)
            await call.answer()
            if call.answered_at:
                return call

    async def engineer(self) -> Call:
        """The vendor's engineer talks with the customer. All calls to the vendor show our own
        number: by the voice he knows who it is. Raises RigError."""
        vendor = self.crew.outside.phone(VENDOR)

        def hearing() -> list[PhoneCall]:
            live = [call for call in vendor.calls if call.answered_at and not call.is_over]
            return [call for call in live if _hears(call, self.customer)]

        [call, *_] = await until(
            hearing, "an engineer hears the customer", seconds=self.crew.patience
        )
        self.calls.append(call)
        return call

    async def talk(self, *calls: Call) -> None:
        """Each hears all others, and they speak a while. One alone: with the customer. Raises
        RigError."""
        people = [self.crew.phone(call.line.user) for call in calls]
        people += [self.customer] if len(calls) == 1 else []

        def all_hear() -> bool:
            return all(
                _hears(call, person)
                for call in calls
                for person in people
                if person.name != call.line.user
            )

        await until(all_hear, f"{', '.join(map(str, calls))}: all hear one another")
        await asyncio.sleep(SPEAKS)

    @asynccontextmanager
    async def reserved(self, agent: int) -> AsyncIterator[Phone]:
        """A phone that no other scene uses meanwhile. Raises RigError where it is not free for too
        long: while much is broken scenes take longer than it is from one to the next."""
        lock = self.crew.locks[agent]
        try:
            async with asyncio.timeout(FREE_WITHIN):
                await lock.acquire()
        except TimeoutError:
            self._is_left_out = not self.calls
            raise RigError(f"left out: {agent} is not free within {FREE_WITHIN:g} s") from None
        try:
            _ = self.customer
            yield self.crew.phone(str(agent))
        finally:
            lock.release()

    @asynccontextmanager
    async def refers(self, call: Call, target: str) -> AsyncIterator[None]:
        """The transfer button of this phone. Asterisk tells it the outcome when somebody answers,
        or the customer hears something: the others need not wait for that. Raises RigError."""
        told = asyncio.create_task(call.refer(target, within=self.crew.patience))
        try:
            yield
            await told
        finally:
            told.cancel()
            await asyncio.gather(told, return_exceptions=True)

    @asynccontextmanager
    async def waits(self, call: Call) -> AsyncIterator[None]:
        """The agent at this phone takes no other customer meanwhile: this one may come back."""
        await self.crew.ask("pause", call.line.user)
        try:
            yield
        finally:
            await self.crew.ask("ready", call.line.user)

    async def ends(self, call: Call) -> None:
        """Somebody hangs up, and so it is over for all. Raises RigError."""
        await call.hang_up()
        await self.is_over()

    async def is_over(self) -> None:
        """It is over for all. Raises RigError."""
        await until(lambda: all(one.is_over for one in self.everybody), "all have hung up")

    def _settle(self) -> None:
        """It is over: the truth is kept. Its calls leave the phones' memories, and an outside
        number the world: its tone is free for the next customer."""
        parts = self._parts()
        own = truth_of(self.planned, parts, self._clicked_at)
        self.truth = [own, *consultations(parts)] if own else []
        for call in self.everybody:
            self.crew.phone(call.line.user).calls.remove(call)
        if self.planned.kind is not Kind.AGENTS:
            self.crew.outside.forget(self.number)

    async def _close(self) -> None:
        """Whoever is still there hangs up."""
        for call in self.everybody:
            with suppress(RigError):
                await call.hang_up()


def _hears(call: Call, person: Phone) -> bool:
    return hears(call.media.ear.packets, person.line.hertz, time.time())
