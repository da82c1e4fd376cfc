"""The stage: a world with lanes, whose people play calls side by side.

A play takes one call to a named moment (a talk at first line, passed on to pumps, in consultation),
and says what then was: who hears whom, what the API shows, what stands in the record.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import datetime, timedelta
from typing import Any, TypeVar

from ccgateway.calls.call import Call as Record
from ccgateway.calls.listed import Search
from ccgateway.errors import CcgError
from ccgateway.postgres.calls import list_calls, load_call
from ccgateway.postgres.pool import Pool, open_pool
from ccgateway.rig.phone.manner import RINGS
from ccgateway.rig.phone.outside import Outside
from ccgateway.rig.phone.phone import Phone
from ccgateway.rig.waiting import until
from ccgateway.rig.world import World
from tests.acceptance.lines.lane import AGENTS, AT_MOST, QUEUES, RING, Lane, Who
from tests.acceptance.lines.play import Play

LOOKS = 0.1  # seconds between two looks at the gateway's state, whoever many wait for it
LISTED = 1000  # calls; no test places more
EARLY = timedelta(milliseconds=50)  # Asterisk's clock is ours; the last play's call is older
T = TypeVar("T")


class Stage:
    """Made by ``staged``. ``state`` is what GET /api/state told last, {} while nobody answers."""

    def __init__(self, world: World, outside: Outside, pool: Pool, lanes: Sequence[Lane]) -> None:
        self.world, self.outside, self.lanes = world, outside, lanes
        self.phones: dict[str, Phone] = {}
        self.state: dict[str, Any] = {}
        self._pool = pool
        self._free: asyncio.Queue[Lane] = asyncio.Queue()
        for lane in lanes:
            self._free.put_nowait(lane)

    async def play(self, act: Callable[[Play], Awaitable[T]]) -> T:
        """Play an act in the next lane that is free; before it everybody is at their desk."""
        lane = await self._free.get()
        try:
            await self._set_up(lane)
            play = Play(self, lane)
            try:
                return await act(play)
            finally:
                await play.close()
        finally:
            self._free.put_nowait(lane)

    def phone(self, lane: Lane, who: Who) -> Phone:
        """Somebody's phone."""
        number = lane.phone(who)
        return self.phones.get(number) or self.outside.phone(number, manner=RINGS)

    def agent(self, number: str) -> tuple[str, str]:
        """An agent's state and reason as the API shows them."""
        for row in self.state.get("agents", ()):
            if row["id"] == number:
                return row["state"], row["reason"]
        return "", ""

    async def ask(self, verb: str, number: str) -> None:
        """login, logout, pause or ready, by API. Raises CcgError."""
        async with self.world.gateway.client() as client:
            await client.agent(verb, number)

    async def records(self, lane: Lane, since: datetime) -> list[Record]:
        """All calls of this lane's people that began after a moment, as they stand."""
        mine = {f"PJSIP/{phone}" for phone in lane.phones}
        listed = await list_calls(self._pool, LISTED, Search(since=since - EARLY))
        loaded = [await load_call(self._pool, one.call_id) for one in reversed(listed)]
        return [
            call
            for call in loaded
            if call
            and (
                call.caller_number == lane.phone(Who.CUSTOMER)
                or any(leg.channel.rpartition("-")[0] in mine for leg in call.legs)
            )
        ]

    async def watch(self) -> None:
        """Keep ``state``, for ever: one looks, and all see it."""
        while True:
            with suppress(CcgError):
                async with self.world.gateway.client() as client:
                    while True:
                        self.state = await client.state()
                        await asyncio.sleep(LOOKS)
            self.state = {}
            await asyncio.sleep(LOOKS)

    async def _set_up(self, lane: Lane) -> None:
        """Everybody's phone is registered and free; who works is logged in."""
        for who in (*AGENTS, Who.VENDOR, Who.CUSTOMER):
            phone = self.phone(lane, who)
            for call in phone.calls:
                await call.hang_up()
            phone.do_not_disturb, phone.manner = False, RINGS
            if who in AGENTS:
                await phone.register_again()

        def idle() -> bool:
            return all(self.agent(one)[0] in {"off", "ready", "paused"} for one in lane.phones)

        await until(idle, f"the agents of {lane.service} are free")
        for who in (Who.FIRST, Who.SECOND):
            await self.ask("login", lane.phone(who))
        if self.agent(lane.phone(Who.SPARE))[0] != "off":
            await self.ask("logout", lane.phone(Who.SPARE))
        wanted = {Who.FIRST: "ready", Who.SECOND: "ready", Who.SPARE: "off"}
        await until(
            lambda: all(self.agent(lane.phone(who))[0] == is_ for who, is_ in wanted.items()),
            f"the agents of {lane.service} are at their desks",
        )


@asynccontextmanager
async def staged(count: int = AT_MOST) -> AsyncIterator[Stage]:
    """A stage with so many lanes; about 8 seconds."""
    lanes = [Lane(number) for number in range(count)]
    async with World(agents=()) as world:
        await _furnish(world, lanes)
        async with Outside(world.asterisk) as outside:
            pool = await open_pool(world.postgres.dsn)
            stage = Stage(world, outside, pool, lanes)
            watch = asyncio.create_task(stage.watch())
            try:
                for lane in lanes:
                    for number in lane.phones:
                        stage.phones[number] = await Phone.register(world.asterisk, number)
                yield stage
            finally:
                watch.cancel()
                for phone in stage.phones.values():
                    await phone.close()
                await pool.close()


async def _furnish(world: World, lanes: Sequence[Lane]) -> None:
    """The lanes' queues in Asterisk, their services and agents in the gateway."""
    with (world.asterisk.etc / "queues.conf").open("a", encoding="utf-8") as file:
        file.write(QUEUES.format(ring=RING) + "".join(lane.queues_conf() for lane in lanes))
    await world.asterisk.rx("queue reload all")
    world.gateway.stop()
    with world.gateway.config.open("a", encoding="utf-8") as file:
        file.write("".join(lane.toml() for lane in lanes))
    await world.gateway.start()
    await until(lambda: _knows(world, lanes[-1]), "the gateway told the dialplan of the lanes")


async def _knows(world: World, lane: Lane) -> bool:
    told = await world.asterisk.rx(f"dialplan eval function GLOBAL(CCG_OWN_{lane.service})")
    beat = await world.asterisk.rx("dialplan eval function GLOBAL(CCG_HEARTBEAT)")
    return "+358" in told and any(word.isdigit() for word in beat.split())
