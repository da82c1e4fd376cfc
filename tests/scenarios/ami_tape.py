"""Writes down what an Asterisk says over AMI: one event a line, as the recordings have it."""

from __future__ import annotations

import asyncio
import json

from ccgateway.rig.asterisk import RigAsterisk
from ccgateway.rig.closing import Closing
from ccgateway.rig.ports import LOOPBACK

UNWANTED = frozenset({"Newexten", "VarSet", "TestEvent", "RTCPSent", "RTCPReceived"})
QUIET_S = 0.7  # without a call's event: it is over


class Tape(Closing):
    """An AMI client of the rig's own user. An async context manager."""

    def __init__(self, asterisk: RigAsterisk) -> None:
        self._at = asterisk.addresses
        self._events: list[dict[str, str | list[str]]] = []
        self._task: asyncio.Task[None] | None = None
        self._writer: asyncio.StreamWriter | None = None

    async def _open(self) -> None:
        reader, self._writer = await asyncio.open_connection(LOOPBACK, self._at.ami_port)
        self.send(
            ("Action", "Login"),
            ("Username", "rigtest"),
            ("Secret", self._at.test_secret),
            ("Events", "system,call,agent,user"),
        )
        self._task = asyncio.create_task(self._read(reader))

    async def close(self) -> None:
        """Let everybody go."""
        if self._task:
            self._task.cancel()
        if self._writer:
            self._writer.close()

    def send(self, *headers: tuple[str, str]) -> None:
        """Send an action."""
        assert self._writer
        lines = [f"{key}: {value}" for key, value in headers]
        self._writer.write(("\r\n".join(lines) + "\r\n\r\n").encode())

    def begin(self) -> None:
        """Forget what was heard until now."""
        self._events.clear()

    async def finish(self) -> list[bytes]:
        """Wait until all calls are over and nothing more is said: the lines of a recording."""
        heard = -1
        while heard != len(self._events) or self._living():
            heard = len(self._events)
            await asyncio.sleep(QUIET_S)
        return [json.dumps(event, ensure_ascii=False).encode() for event in self._events]

    def _living(self) -> set[str | list[str]]:
        born = {e.get("Uniqueid", "") for e in self._events if e["Event"] == "Newchannel"}
        return born - {"", *(e["Uniqueid"] for e in self._events if e["Event"] == "Hangup")}

    async def _read(self, reader: asyncio.StreamReader) -> None:
        await reader.readline()  # the banner
        while True:
            message = await reader.readuntil(b"\r\n\r\n")
            event: dict[str, str | list[str]] = {}
            for line in message.decode(errors="replace").split("\r\n"):
                key, colon, value = line.partition(": ")
                if not colon:
                    key, value = line.rstrip(":"), ""
                if key:
                    _put(event, key, value)
            wanted = "Event" in event and event["Event"] not in UNWANTED
            if wanted and event.get("UserEvent") != "CCGHeartbeat":
                self._events.append(event)


def _put(event: dict[str, str | list[str]], key: str, value: str) -> None:
    before = event.get(key)
    if before is None:
        event[key] = value
    elif isinstance(before, list):
        before.append(value)
    else:
        event[key] = [before, value]
