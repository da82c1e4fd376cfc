"""Whatever becomes of the gateway: every caller reaches a person, or is told why not."""

from __future__ import annotations

import asyncio
import signal
import socket
import sys
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
import pytest_asyncio

from ccgateway.rig.asterisk import RigAsterisk
from ccgateway.rig.phones import Behaviour
from ccgateway.rig.ports import LOOPBACK
from ccgateway.rig.sipp import Caller, Sipps
from ccgateway.rig.waiting import until
from ccgateway.routing.route import Goal, Inbound, Route
from tests.acceptance.crooked import WAYS, crooked
from tests.acceptance.ear import Ear, Event, ear_at, heart
from tests.adapters.agi_asterisk import ROUTE, Loop, serving

pytestmark = pytest.mark.acceptance

AT_ONCE = 1.0  # seconds; a gateway that does not answer is given up after 1.2
IN_QUEUE_WITHIN = 2.0  # seconds from the channel's creation; a caller is offered within 3
STAY = 4000  # milliseconds


@pytest_asyncio.fixture
async def ear(rig_asterisk: RigAsterisk) -> AsyncIterator[Ear]:
    async with ear_at(rig_asterisk) as ear:
        yield ear


async def heard(ear: Ear, name: str, count: int = 1, **headers: str) -> None:
    """Wait until there are so many of these events."""
    await until(
        lambda: len(ear.all(name, **headers)) >= count, f"{count} {name} {headers}", seconds=30
    )


def gone(ear: Ear) -> list[Event]:
    """The hang-ups of callers."""
    return [event for event in ear.all("Hangup") if event["Channel"].startswith("PJSIP/trunk")]


async def test_every_way_to_fail_leads_to_first_line(
    rig_asterisk: RigAsterisk, sipps: Sipps, ear: Ear
) -> None:
    await sipps.start_phones([Behaviour.ANSWERS])
    async with crooked(rig_asterisk.addresses.agi_port) as asked, heart(ear):
        placed = [Caller(f"+3584000{did}", did, STAY) for did in WAYS]
        callers = sipps.place(placed)
        await heard(ear, "QueueCallerJoin", len(WAYS), Queue="ccg-fallback")
        assert await callers.finished(30) == 0, "no caller was hung up on"
    assert sorted(asked) == sorted(WAYS)
    joined = ear.all("QueueCallerJoin", Queue="ccg-fallback")
    assert {event["CallerIDNum"] for event in joined} == {caller.number for caller in placed}
    assert max(ear.since_call(event) for event in joined) < IN_QUEUE_WITHIN
    reasons = {event["CallerIDNum"][-4:]: event["Reason"] for event in ear.all("CCGFallback")}
    assert reasons == {did: "overflow" if did == "2010" else "agi" for did in WAYS}


async def test_without_a_fresh_heartbeat_the_gateway_is_not_asked(
    rig_asterisk: RigAsterisk, sipps: Sipps, ear: Ear
) -> None:
    beats = ["", "0", "1700000000", "garbage"]
    async with crooked(rig_asterisk.addresses.agi_port) as asked:
        for done, beat in enumerate(beats):
            await ear.set_global("CCG_HEARTBEAT", beat)
            sipps.place([Caller("+358400001", "2002", 500)])
            await heard(ear, "QueueCallerJoin", done + 1, Queue="ccg-fallback")
    assert asked == []
    assert [event["Reason"] for event in ear.all("CCGFallback")] == ["heartbeat"] * len(beats)
    assert max(ear.since_call(event) for event in ear.all("QueueCallerJoin")) < AT_ONCE


async def test_closed_port(sipps: Sipps, ear: Ear) -> None:
    async with heart(ear):
        sipps.place([Caller("+358400001", "1000", 500)])
        await heard(ear, "QueueCallerJoin", Queue="ccg-fallback")
    assert ear.since_call(ear.all("QueueCallerJoin")[0]) < AT_ONCE


async def test_a_stopped_process_holds_nobody(
    rig_asterisk: RigAsterisk, sipps: Sipps, ear: Ear
) -> None:
    """SIGSTOP: the kernel accepts for it, and the heartbeat is fresh for some seconds yet."""
    port = rig_asterisk.addresses.agi_port
    script = (
        "import socket, time\n"
        f"line = socket.create_server(({LOOPBACK!r}, {port}))\n"
        "print('listens', flush=True)\n"
        "time.sleep(60)"
    )
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-c", script, stdout=asyncio.subprocess.PIPE
    )
    assert child.stdout
    try:
        await child.stdout.readline()
        child.send_signal(signal.SIGSTOP)
        async with heart(ear):
            sipps.place([Caller("+358400001", "1000", STAY)])
            await heard(ear, "QueueCallerJoin", Queue="ccg-fallback")
    finally:
        child.kill()
        await child.wait()
    assert 1 < ear.since_call(ear.all("QueueCallerJoin")[0]) < IN_QUEUE_WITHIN


async def test_who_hangs_up_on_a_mute_gateway_leaves_nothing_behind(
    rig_asterisk: RigAsterisk, sipps: Sipps, ear: Ear
) -> None:
    async with crooked(rig_asterisk.addresses.agi_port) as asked, heart(ear):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as phone:
            phone.bind(("127.0.0.2", 0))
            phone.connect((LOOPBACK, rig_asterisk.addresses.sip_port))
            invite = _message("INVITE", phone, branch="z9hG4bKa")
            phone.send(invite)
            await until(lambda: asked, "the gateway is asked")
            phone.send(_message("CANCEL", phone, branch="z9hG4bKa"))
            await heard(ear, "Hangup")
    assert ear.since_call(ear.all("Hangup")[0]) < IN_QUEUE_WITHIN
    assert not ear.all("QueueCallerJoin")
    assert "0 active channels" in await rig_asterisk.rx("core show channels count")


ROUTES = {
    "1001": ROUTE,
    "1002": replace(ROUTE, queue="night", overflow="message"),
    "1003": replace(ROUTE, queue="night", overflow="fallback"),
    "1004": Route(goal=Goal.MESSAGE, message="ccg/not-there", message_kind="closed"),
    "1005": Route(goal=Goal.MESSAGE, message="beep", message_kind="blocked"),
    "1006": Route(goal=Goal.FALLBACK),
    "1007": replace(ROUTE, queue="bad,name"),
    "1008": replace(ROUTE, queue="pumps", wait_limit=1, overflow="message"),
}


class ByDid(Loop):
    """Each DID has its route."""

    async def inbound(self, call: Inbound) -> Route:
        await super().inbound(call)
        return ROUTES[call.did]


async def test_what_the_gateway_says_is_done(
    rig_asterisk: RigAsterisk, sipps: Sipps, ear: Ear
) -> None:
    await sipps.start_phones([Behaviour.ANSWERS])
    await rig_asterisk.rx("queue add member PJSIP/110 to stations penalty 0 as anna")
    await rig_asterisk.rx("queue add member PJSIP/111 to pumps penalty 0 as berta")
    await rig_asterisk.rx("queue pause member PJSIP/111 queue pumps")
    addresses = rig_asterisk.addresses
    loop = ByDid()
    async with (
        serving(loop, port=addresses.agi_port, secret=addresses.agi_secret) as server,
        heart(ear),
    ):
        sipps.place([Caller(f"+3584000{did}", did, 3000) for did in ROUTES])
        await until(lambda: len(gone(ear)) == len(ROUTES), "all callers are gone", seconds=30)
        assert (server.stats.answered, server.stats.errors) == (len(ROUTES) - 1, 1)
        assert server.stats.slowest < AT_ONCE

    def told(name: str, header: str) -> dict[str, str]:
        return {event["CallerIDNum"][-4:]: event[header] for event in ear.all(name)}

    assert told("QueueCallerJoin", "Queue") == {
        "1001": "stations",
        "1003": "ccg-fallback",
        "1006": "ccg-fallback",
        "1007": "ccg-fallback",
        "1008": "pumps",
    }
    assert told("CCGQueueResult", "Status") == {
        "1002": "JOINEMPTY",
        "1003": "JOINEMPTY",
        "1008": "TIMEOUT",
    }
    assert told("CCGFallback", "Reason") == {"1003": "overflow", "1006": "route", "1007": "agi"}
    assert told("CCGMessage", "Message") == {
        "1002": "nobody",
        "1004": "closed",
        "1005": "blocked",
        "1008": "full",
    }
    assert [event["MemberName"] for event in ear.all("AgentConnect", Queue="stations")] == ["anna"]
    assert {call.did: call.channel[:11] for call in loop.calls} == dict.fromkeys(
        ROUTES, "PJSIP/trunk"
    )


async def test_greeting_language_and_priority_are_the_routes(
    rig_asterisk: RigAsterisk, sipps: Sipps, ear: Ear, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second caller has the higher priority, and stands before the first."""
    plain = replace(ROUTE, queue="pumps", greeting="beep", priority=0, language="en")
    dear = replace(plain, greeting="", priority=7, language="sv")
    monkeypatch.setitem(ROUTES, "1001", plain)
    monkeypatch.setitem(ROUTES, "1002", dear)
    await rig_asterisk.rx("queue add member PJSIP/111 to pumps penalty 0 as berta")
    await rig_asterisk.rx("queue pause member PJSIP/111 queue pumps")
    addresses = rig_asterisk.addresses
    async with (
        serving(ByDid(), port=addresses.agi_port, secret=addresses.agi_secret),
        heart(ear),
    ):
        sipps.place([Caller("+35840001001", "1001", 6000)])
        await heard(ear, "Newexten", Application="ExecIf", AppData="1?Playback(beep)")
        await heard(ear, "QueueCallerJoin")
        sipps.place([Caller("+35840001002", "1002", 2000)])
        await heard(ear, "QueueCallerJoin", 2)
    joined = [
        (e["CallerIDNum"][-4:], e["Position"], e["Language"]) for e in ear.all("QueueCallerJoin")
    ]
    assert joined == [("1001", "1", "en"), ("1002", "1", "sv")]


async def test_a_missing_sound_is_spoken_by_the_stock_prompts(
    rig_asterisk: RigAsterisk, sipps: Sipps, ear: Ear
) -> None:
    addresses = rig_asterisk.addresses
    async with (
        serving(ByDid(), port=addresses.agi_port, secret=addresses.agi_secret),
        heart(ear),
    ):
        sipps.place([Caller("+358400001004", "1004", 20_000)])
        await heard(ear, "Hangup")
    # "Nobody is available ... please try your call again later ... goodbye" takes six seconds.
    assert ear.since_call(ear.all("Hangup")[0]) > 4
    [call] = sipps.truth()
    assert call.network_answered_at
    assert not call.caller_ended


@pytest.mark.long
async def test_a_fallback_queue_that_is_missing_still_holds_the_caller(
    rig_asterisk: RigAsterisk, sipps: Sipps, ear: Ear
) -> None:
    await ear.set_global("CCG_FALLBACK_QUEUE", "nowhere")
    await sipps.start_phones([Behaviour.ANSWERS])
    callers = sipps.place([Caller("+358400001", "1000", 30_000)])
    await heard(ear, "Newexten", Application="Playback", AppData="queue-periodic-announce")
    await heard(ear, "MusicOnHoldStart")
    # The administrator repairs it; the caller still holds, and is taken on the next round.
    await ear.set_global("CCG_FALLBACK_QUEUE", "ccg-fallback")
    await heard(ear, "AgentConnect", Queue="ccg-fallback")
    assert not gone(ear)
    callers.stop()


HOSTILE = {
    "2001": Caller("+358%0d%0aEvil%3a%20yes", "2001", 1500),
    "2002": Caller("+358400002", "1000%0d%0aEvil%3a%20yes", 1500),
    "2003": Caller("3%2cEvil%3a%20%22%24%7bSHELL(touch%20/pwned)%7d", "1000", 1500),
    "2004": Caller("+358400004", "1000", 1500, name=r"${SHELL(touch /pwned)} ]]> \"q\" 'x', 🦊"),
    "2005": Caller("%24%7bSHELL(id)%7d", "1000", 1500, name="x" * 1000),
}


async def test_what_strangers_write_stays_text(
    rig_asterisk: RigAsterisk, sipps: Sipps, ear: Ear
) -> None:
    addresses = rig_asterisk.addresses
    loop = Loop(route=Route(goal=Goal.FALLBACK))
    await sipps.start_phones([Behaviour.ANSWERS])
    async with (
        serving(loop, port=addresses.agi_port, secret=addresses.agi_secret) as server,
        heart(ear),
    ):
        sipps.place(list(HOSTILE.values()))
        await heard(ear, "QueueCallerJoin", len(HOSTILE))
        await until(lambda: len(gone(ear)) == len(HOSTILE), "all callers are gone", seconds=30)
        assert server.stats.answered == len(HOSTILE)
    assert {call.did for call in loop.calls} == {"2001", "1000"}
    assert any(call.name == r"${SHELL(touch /pwned)} ]]> \"q\" 'x', 🦊" for call in loop.calls)
    assert all(call.number.isascii() and call.number.isprintable() for call in loop.calls)
    ours = [*ear.all("CCGInbound"), *ear.all("CCGFallback"), *ear.all("QueueCallerJoin")]
    assert len(ours) == 3 * len(HOSTILE)
    assert not any("Evil" in event for event in ours)
    assert all(event["DID"].isdecimal() for event in ear.all("CCGInbound"))
    assert not (rig_asterisk.folder / "pwned").exists()


CODES = {
    "*11": "agent-loginok",
    "*12": "agent-loggedoff",
    "*13": "do-not-disturb&activated",
    "*132": "do-not-disturb&activated",
    "*14": "do-not-disturb&de-activated",
    "*139": "feature-not-avail-line",
}


async def test_feature_codes(rig_asterisk: RigAsterisk, sipps: Sipps, ear: Ear) -> None:
    addresses = rig_asterisk.addresses
    loop = Loop()
    async with (
        serving(loop, port=addresses.agi_port, secret=addresses.agi_secret),
        heart(ear),
    ):
        # Another phone's caller ID helps nobody: it is the endpoint that counts.
        strangers = sipps.place([Caller("102", "*11", 5000, name="101")], from_phone=True)
        sipps.place([Caller("101", code, 5000) for code in CODES], from_phone=True)
        await heard(ear, "Newexten", len(CODES) + 1, Application="Playback")
        strangers.stop()
    assert sorted(loop.asked) == [
        ("login", "anna", "", "phone"),
        ("logout", "anna", "", "phone"),
        ("pause", "anna", "break", "phone"),
        ("pause", "anna", "lunch", "phone"),
        ("ready", "anna", "", "phone"),
    ]
    dialled = {
        event["Uniqueid"]: (event["Channel"][:9], event["Extension"])
        for event in ear.all("Newexten", Context="from-phones")
    }
    played = {
        dialled[event["Uniqueid"]]: event["AppData"]
        for event in ear.all("Newexten", Application="Playback")
    }
    assert played == {
        ("PJSIP/102", "*11"): "feature-not-avail-line",
        **{("PJSIP/101", code): prompt for code, prompt in CODES.items()},
    }


async def test_a_feature_code_without_the_gateway_says_so(
    rig_asterisk: RigAsterisk, sipps: Sipps, ear: Ear
) -> None:
    sorry = "sorry&please-try-call-later"
    sipps.place([Caller("101", "*11", 5000)], from_phone=True)
    await heard(ear, "Newexten", Application="Playback", AppData=sorry)
    async with crooked(rig_asterisk.addresses.agi_port), heart(ear):
        sipps.place([Caller("102", "*13", 8000)], from_phone=True)
        await heard(ear, "Newexten", 2, Application="Playback", AppData=sorry)


def _message(method: str, phone: socket.socket, branch: str) -> bytes:
    """An INVITE, or the CANCEL of it, from the trunk to the mute DID."""
    host, port = phone.getsockname()
    lines = [
        f"{method} sip:2002@{LOOPBACK} SIP/2.0",
        f"Via: SIP/2.0/UDP {host}:{port};branch={branch}",
        "Max-Forwards: 70",
        f"From: <sip:+358400001@{host}>;tag=a",
        f"To: <sip:2002@{LOOPBACK}>",
        "Call-ID: mute@test",
        f"CSeq: 1 {method}",
        f"Contact: <sip:a@{host}:{port}>",
        "Content-Length: 0",
    ]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()
