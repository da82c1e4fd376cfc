"""The tests' own ear at Asterisk: every AMI event, as it comes, by a reader of its own."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

from ccgateway.rig.asterisk import RigAsterisk
from ccgateway.rig.ports import LOOPBACK
from ccgateway.rig.waiting import until

Event = Mapping[str, str]


class Ear:
    """Hears all events; ``events`` grows. A header that stands twice is kept as its last."""

    def __init__(self, writer: asyncio.StreamWriter) -> None:
        self.events: list[Event] = []
        self._writer = writer
        self._asked = 0

    async def set_global(self, name: str, value: str) -> None:
        """Set a global variable; it is set when this returns."""
        self._asked += 1
        number = str(self._asked)
        self.send(Action="Setvar", Variable=name, Value=value, ActionID=number)
        await until(
            lambda: any(event.get("ActionID") == number for event in self.events),
            f"{name} is set",
        )

    def send(self, **headers: str) -> None:
        text = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        self._writer.write(f"{text}\r\n".encode())

    def all(self, name: str, **headers: str) -> list[Event]:
        """The events (or user events) of this name, with these headers."""
        wanted = {key.replace("_", "-"): value for key, value in headers.items()}
        return [
            event
            for event in self.events
            if name in (event.get("UserEvent"), event.get("Event"))
            and all(event.get(key) == value for key, value in wanted.items())
        ]

    def since_call(self, event: Event) -> float:
        """Seconds from the creation of the event's channel, by Asterisk's own times."""
        born = self.all("Newchannel", Uniqueid=event["Uniqueid"])[0]
        return float(event["Timestamp"]) - float(born["Timestamp"])

    async def hear(self, reader: asyncio.StreamReader) -> None:
        while True:
            message = (await reader.readuntil(b"\r\n\r\n")).decode()
            pairs = (line.partition(":") for line in message.splitlines() if line)
            self.events.append({name: value.strip() for name, _, value in pairs})


@asynccontextmanager
async def ear_at(asterisk: RigAsterisk) -> AsyncIterator[Ear]:
    """Logged in as the rig's test user, which hears and may do everything."""
    reader, writer = await asyncio.open_connection(LOOPBACK, asterisk.addresses.ami_port)
    await reader.readline()
    ear = Ear(writer)
    hearing = asyncio.create_task(ear.hear(reader))
    ear.send(Action="Login", Username="rigtest", Secret=asterisk.addresses.test_secret)
    try:
        yield ear
    finally:
        hearing.cancel()
        await asyncio.wait([hearing])
        writer.close()
        await writer.wait_closed()


@asynccontextmanager
async def heart(ear: Ear) -> AsyncIterator[None]:
    """A heart that beats as the gateway's does."""

    async def beat() -> None:
        await ear.set_global("CCG_HEARTBEAT", str(int(time.time())))

    async def go_on() -> None:
        while True:
            await asyncio.sleep(1)
            await beat()

    await beat()
    beating = asyncio.create_task(go_on())
    try:
        yield
    finally:
        beating.cancel()
        await asyncio.wait([beating])
