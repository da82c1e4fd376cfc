"""What a caller may send: refused or plain text everywhere, nothing evaluated, no AMI header."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from string import ascii_letters, digits

import pytest
import pytest_asyncio

from ccgateway.calls.call import Known
from ccgateway.rig import record
from ccgateway.rig.sipp import Caller
from ccgateway.rig.world import World
from tests.acceptance.cli import run

pytestmark = pytest.mark.acceptance

BAIT = "/tmp/ccgateway-bait"  # noqa: S108 - the hostile texts try to make it; inside the PBX's root
EVALUATED = f"${{SHELL(touch {BAIT})}}"
NAMES = {
    "shell": EVALUATED,
    "expression": "$[1+1] ${CALLERID(num)}",
    "comma": "a,b=c,CCG_ACTION=queue",
    "brackets": "]]> {{7*7}} <b>x</b> 'or'1'='1",
    "quotes": '\\"; DROP TABLE calls --',
    "escape": "\x1b[31mred\x07",
    "emoji": "⛽ Tankstelle 🚗",
    "long": "n" * 4096,
    "colon": "Event: Hangup",
    "percent": "%0d%0aEvent: FullyBooted%0d%0a",
}
NUMBERS = {
    "shell": "$%7bSHELL(touch%20" + BAIT + ")%7d",
    "header": "1%0d%0aAction%3a%20Logoff",
    "event": "2%0d%0a%0d%0aEvent%3a%20Hangup%0d%0aUniqueid%3a%2055%0d%0a%0d%0a",
    "ours": "3%0d%0a%0d%0aEvent%3a%20UserEvent%0d%0aUserEvent%3a%20CCGFallback%0d%0a%0d%0a",
    "nul": "12%0034",
    "long": "9" * 4096,
    "letters": "al'ice",
}


class EventKeys:
    """An AMI client of its own, which notes what cannot be Asterisk's: lines that are no header,
    headers that it never writes, events that do not say their privilege next."""

    def __init__(self) -> None:
        self.forged: list[str] = []
        self.heard = 0
        """Events of all kinds: who hears none finds none forged."""

    async def listen(self, world: World) -> None:
        at = world.asterisk.addresses
        reader, writer = await asyncio.open_connection("127.0.0.1", at.ami_port, limit=1 << 20)
        login = f"Action: Login\r\nUsername: rigtest\r\nSecret: {at.test_secret}\r\n\r\n"
        writer.write(login.encode())
        try:
            before = ""
            while line := await reader.readline():
                text = line.decode("utf-8", "replace").rstrip("\r\n")
                stray = text and ":" not in text and not text.startswith("Asterisk Call Manager")
                no_event = before.startswith("Event:") and not text.startswith("Privilege:")
                self.heard += text.startswith("Event:")
                if stray or no_event or text.startswith("Action:"):
                    self.forged.append(text)
                before = text
        finally:
            writer.close()


@pytest_asyncio.fixture
async def keys(world: World) -> AsyncIterator[EventKeys]:
    found = EventKeys()
    task = asyncio.create_task(found.listen(world))
    yield found
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


def without_quote(text: str) -> str:
    """A display name as it stands between quotes in a SIP From; SIPp's file has no semicolon."""
    return text.replace(";", "")


async def test_hostile_names(world: World, keys: EventKeys) -> None:
    calling = [
        Caller(f"+3584055501{i:02d}", "1000", 2_000, offset_ms=i * 400, name=without_quote(name))
        for i, name in enumerate(NAMES.values())
    ]
    await world.sipps.place(calling).finished(60)
    calls = await record.settled(world.postgres.dsn, len(NAMES))
    assert {call.service for call in calls} == {"hotline"}
    names = {call.caller_number: call.caller_name for call in calls}
    assert len(names) == len(NAMES)
    # What Asterisk took of a name stands as it was written; nothing was put in its place.
    assert names["+358405550100"] == EVALUATED
    assert names["+358405550101"] == NAMES["expression"]
    assert names["+358405550106"] == NAMES["emoji"]
    assert not bait(world).exists()
    assert keys.heard > len(NAMES)
    assert keys.forged == []
    escape = next(call for call in calls if call.caller_number == "+358405550105")
    for words in (
        ("list",),
        ("show", str(escape.call_id)),
        ("show", str(escape.call_id), "--json"),
    ):
        shown = run(world.gateway.config, "call", *words)
        assert shown.returncode == 0, shown.stderr
        assert all(c.isprintable() or c == "\n" for c in shown.stdout), words


async def test_hostile_numbers(world: World, keys: EventKeys) -> None:
    calling = [
        Caller(number, "1000", 2_000, offset_ms=i * 400)
        for i, number in enumerate(NUMBERS.values())
    ]
    await world.sipps.place(calling).finished(60)

    # Whether Asterisk lets such an INVITE in at all is its business; one that came is recorded.
    last = world.sipps.place([Caller("+358405559999", "1000", 1_500)])
    await last.finished(30)
    answered = [call for call in world.sipps.truth() if call.network_answered_at]
    calls = await record.settled(world.postgres.dsn, len(answered))
    assert len(calls) == len(answered)
    assert calls[-1].caller_number == "+358405559999"
    assert not bait(world).exists()
    # Asterisk itself let these numbers forge events; we heard none of them, and missed nothing.
    assert keys.forged
    assert b"ami_event_mended" in world.gateway.log.read_bytes()
    assert {(call.known, call.fell_back) for call in calls} == {(Known.LIVE, "")}
    plain = set(ascii_letters + digits + "+*#._-")
    assert [c.caller_number for c in calls if set(c.caller_number) - plain] == []


async def test_nothing_hostile_reaches_the_log_as_a_control_character(world: World) -> None:
    hostile = Caller("+358405550999", "1000", 1_500, name=without_quote(NAMES["escape"]))
    await world.sipps.place([hostile]).finished(30)
    await record.settled(world.postgres.dsn, 1)
    said = world.gateway.log.read_bytes()
    assert b"\x1b" not in said
    assert b"+358405550999" not in said
    for secret in (world.gateway.http_token, world.asterisk.addresses.agi_secret):
        assert secret.encode() not in said


def bait(world: World) -> Path:
    """Where the file would be: in the root that Asterisk sees."""
    folder = world.asterisk.folder  # <root>/srv/rig-...
    return folder.parent.parent / BAIT.lstrip("/")
