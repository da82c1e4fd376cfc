"""An Asterisk gone wrong, or another server in its place: its link alone suffers, and comes back;
the link to the other Asterisk goes on."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from dataclasses import replace
from itertools import count

import pytest

from ccgateway.ami.framing import MAX_HEADERS, MAX_MESSAGE_BYTES
from ccgateway.rig.fake_pbx import FakePbx
from tests.adapters.ami_bench import FAST, OurClient, eventually, running
from tests.hostile.texts import INJECTIONS


def event(**headers: str) -> bytes:
    """An event with these headers, as they are."""
    lines = ["Event: Newchannel", *(f"{key}: {value}" for key, value in headers.items())]
    return "\r\n".join([*lines, "", ""]).encode()


EVIL = {
    "no end": b"Event: X\r\nName: " + b"x" * 2 * MAX_MESSAGE_BYTES,
    "too many headers": b"Event: X\r\n" + b"a: b\r\n" * 2 * MAX_HEADERS + b"\r\n",
    "too many events": event(Uniqueid="1.1", Channel="PJSIP/x-1") * 20_000,
    "half a message": b"Event: Hangup\r\nUniq",
    "control characters": event(Uniqueid="1.1", CallerIDName="".join(map(chr, range(32)))),
    "no UTF-8": b"Event: Newchannel\r\nUniqueid: \xff\xfe\xed\xa0\x80\r\n\r\n",
    "nothing but noise": bytes(range(256)) * 100 + b"\r\n\r\n",
    "wrong types": event(Uniqueid="[]", ChannelState="NaN", Priority="-1e999", Exten="{}"),
    "an event of no name": b"Event: \r\nUniqueid: 1.1\r\n\r\n",
    "answers that nobody asked for": b"Response: Success\r\nActionID: 1\r\n\r\n" * 100,
    "a list that nobody asked for": b"Event: QueueMember\r\nActionID: 1\r\n\r\n" * 100,
    **{name: event(Uniqueid="1.1", CallerIDName=text) for name, text in INJECTIONS.items()},
}
"""What it says when it is logged in."""


PATIENT = replace(FAST, answer=8.0, ping_answer=8.0)
"""As in a centre: tens of thousands of events take their second."""


@pytest.fixture
async def clients() -> AsyncIterator[tuple[FakePbx, OurClient, FakePbx, OurClient]]:
    """The one that goes wrong and our link to it; another, and the link to that."""
    async with AsyncExitStack() as stack:
        pbxs = [await stack.enter_async_context(FakePbx()) for _ in range(2)]
        ours = [OurClient(pbx.port, PATIENT) for pbx in pbxs]
        for client in ours:
            await stack.enter_async_context(running(client.link))
            assert await eventually(client.up)
        yield pbxs[0], ours[0], pbxs[1], ours[1]


def hears(pbx: FakePbx, client: OurClient) -> Callable[[], bool]:
    """Whether what is said now and again is heard."""
    names = (f"7.{number}" for number in count())

    def heard() -> bool:
        pbx.say(("Event", "Newchannel"), ("Uniqueid", next(names)))
        return any(fact.subject.startswith("7.") for fact in client.inbox.facts)

    return heard


@pytest.mark.parametrize("name", EVIL)
async def test_the_others_go_on_and_it_comes_back(
    clients: tuple[FakePbx, OurClient, FakePbx, OurClient], name: str
) -> None:
    evil, struck, good, other = clients
    evil.say_raw(EVIL[name])
    assert await eventually(hears(good, other))
    if name == "half a message":
        evil.drop()
    assert await eventually(hears(evil, struck))
    assert other.link.stats.connects == 1
    assert len(other.inbox.changes) == 1
