"""The crew: scripted phones of the service with three lines, and the outside world. By the
customer's number they know which scene a call belongs to; whom the queue picks, they do not."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from contextlib import AsyncExitStack
from datetime import datetime

from ccgateway.errors import CcgError
from ccgateway.rig.acts import ACTS
from ccgateway.rig.asterisk import RigAsterisk
from ccgateway.rig.closing import Closing
from ccgateway.rig.compare import Asked
from ccgateway.rig.gateway import Gateway
from ccgateway.rig.hotline import LINES, LINES_NAMES, VENDOR
from ccgateway.rig.phone.manner import AWAY, RINGS, answers
from ccgateway.rig.phone.outside import Outside
from ccgateway.rig.phone.phone import Phone
from ccgateway.rig.phone.sip import SipMessage, parse_address
from ccgateway.rig.plan import Kind, Planned
from ccgateway.rig.scene import Scene
from ccgateway.rig.truth import TruthCall

ENGINEER_LIFTS = 0.4  # seconds
PATIENCE = 40.0
"""Seconds in which a phone that is to be rung is rung: all agents of a line may have to end other
calls, and a caller whom nobody takes waits to the limits of two lines."""


def whose(scenes: Sequence[Scene], shown: str) -> Scene | None:
    """To which a phone belongs that is rung. It shows the customer's number; in a consultation the
    agent's who asks, about the customer whom he took last: one whom he has transferred may still be
    on his phone."""
    asks = [(since, scene) for scene in scenes if (since := scene.since(shown))]
    latest = max(asks, key=lambda pair: pair[0])[1] if asks else None
    return next((scene for scene in scenes if scene.number == shown), latest)


class CrewPhone(Phone):
    """A phone that asks the crew whose call it is."""

    crew: Crew

    def begin(self, invite: SipMessage, at: datetime) -> None:
        shown = parse_address(invite.first("p-asserted-identity") or invite.first("from"))
        scene = self.crew.scene_of(self.name, shown.user)
        self.manner = RINGS if scene else AWAY
        super().begin(invite, at)
        if scene:
            scene.calls.append(self.calls[-1])


class Crew(Closing):
    """An async context manager: phones are registered, and agents logged in, within it."""

    def __init__(self, asterisk: RigAsterisk, gateway: Gateway) -> None:
        self._asterisk, self._gateway = asterisk, gateway
        self.outside = Outside(asterisk, manner=AWAY)
        self.locks = {agent: asyncio.Lock() for agent in LINES_NAMES}
        self.faults: list[str] = []
        self.patience = PATIENCE
        self._phones: dict[str, Phone] = {}
        self._scenes: dict[asyncio.Task[None], Scene] = {}
        self._exits = AsyncExitStack()

    async def _open(self) -> None:
        await self._exits.enter_async_context(self.outside)
        self.outside.phone(VENDOR, manner=answers(ENGINEER_LIFTS))
        for agent in LINES_NAMES:
            phone = await CrewPhone.register(self._asterisk, agent)
            phone.crew = self
            await self._exits.enter_async_context(phone)
            self._phones[phone.name] = phone
        await self._gateway.login(LINES_NAMES)

    async def close(self) -> None:
        """End all scenes, and leave nothing behind."""
        for task in self._scenes:
            task.cancel()
        await asyncio.gather(*self._scenes, return_exceptions=True)
        await self._exits.aclose()

    def phone(self, number: str) -> Phone:
        """An agent's phone, else one of the outside world."""
        return self._phones.get(number) or self.outside.phone(number)

    def customer(self, planned: Planned) -> Phone:
        """Who calls, or is called, in a scene: an outside number, which rings when it is called; of
        a call between agents the one who calls."""
        if planned.kind is Kind.AGENTS:
            return self._phones[planned.caller.number]
        caller = planned.caller
        return self.outside.phone(caller.number, name=caller.name, manner=RINGS)

    def play(self, planned: Iterable[Planned]) -> None:
        """Play scenes, each at its offset from now."""
        for one in planned:
            scene = Scene(self, one)
            task = asyncio.get_running_loop().create_task(self._play(scene))
            self._scenes[task] = scene

    async def finished(self) -> None:
        """All scenes until now are over."""
        await asyncio.gather(*self._scenes)

    async def ask(self, verb: str, agent: str) -> None:
        """An agent's word to the gateway: pause or ready. Raises CcgError."""
        async with self._gateway.client() as client:
            await client.agent(verb, agent)

    async def originate(self, agent: str, number: str) -> None:
        """A click: the gateway is to call an agent, then this number. Raises CcgError."""
        async with self._gateway.client() as client:
            await client.originate(agent, number, LINES.service)

    def scene_of(self, phone: str, shown: str) -> Scene | None:
        """A phone is rung: for whom? None, and a fault, where nobody knows."""
        scene = whose(self._running, shown)
        if scene is None:
            self.faults.append(f"{phone} was rung for {shown!r}, whom no scene knows")
        return scene

    @property
    def _running(self) -> list[Scene]:
        return [scene for task, scene in self._scenes.items() if not task.done()]

    def asked(self) -> list[Asked]:
        """All calls that were to be played until now."""
        return [asked for scene in self._scenes.values() for asked in scene.asked]

    def truth(self) -> list[TruthCall]:
        """What all phones saw of the scenes that are over."""
        return [call for scene in self._scenes.values() for call in scene.truth]

    def forget_ended(self) -> None:
        """Let scenes go that are over, and their truth."""
        for task in [one for one in self._scenes if one.done()]:
            del self._scenes[task]
        self.faults.clear()

    async def _play(self, scene: Scene) -> None:
        """One scene. What goes wrong is a fault of the whole run; the others play on."""
        await asyncio.sleep(scene.planned.caller.offset_ms / 1000)
        try:
            await scene.play(ACTS[scene.planned.kind])
        except CcgError as error:
            self.faults.append(f"{scene.planned.kind.value} {scene.number}: {error}")
