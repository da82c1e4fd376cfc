"""What networks do to the link: cut, half-open, closed within a message, dripping, flooding."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
from structlog.testing import capture_logs

from ccgateway.ami.framing import MAX_MESSAGE_BYTES
from ccgateway.ami.session import Timing
from ccgateway.errors import PbxUnavailable
from ccgateway.rig.fake_pbx import FakePbx, block, mute
from ccgateway.rig.proxy import Proxy
from ccgateway.telephony.actions import SetGlobal
from ccgateway.telephony.facts import Kind
from tests.adapters.ami_bench import FAST, BareClient, Client, OurClient, eventually, running, trap


@pytest.fixture
async def proxy(pbx: FakePbx) -> AsyncIterator[Proxy]:
    async with Proxy(pbx.host, pbx.port) as proxy:
        yield proxy


@trap(OurClient, BareClient)
async def test_a_half_open_link_is_noticed(make: type[Client], proxy: Proxy) -> None:
    client = make(proxy.port)
    await client.start()
    assert await eventually(client.up)
    proxy.freeze()
    noticed = await eventually(lambda: not client.up(), within=2.5)  # two pings of the bare one
    await client.stop()
    if isinstance(client, BareClient):
        client.bury()
    assert noticed


def test_by_default_a_half_open_link_is_noticed_within_20_seconds() -> None:
    timing = Timing()
    assert timing.ping_every + timing.ping_answer < 20


async def test_a_half_open_link_comes_back_and_its_cause_is_told(proxy: Proxy) -> None:
    client = OurClient(proxy.port)
    async with running(client.link):
        assert await eventually(client.up)
        proxy.freeze()
        assert await eventually(lambda: len(client.inbox.changes) == 2)
        assert not client.link.connected
        assert "half-open" in client.inbox.changes[1].cause
        proxy.thaw()
        assert await eventually(lambda: len(client.inbox.snapshots) == 2)
    assert [change.up for change in client.inbox.changes] == [True, False, True, False]


async def test_an_asterisk_that_answers_nothing_more_is_noticed(pbx: FakePbx) -> None:
    """Its events still come, but whatever we ask for would be lost."""
    client = OurClient(pbx.port)
    async with running(client.link):
        assert await eventually(client.up)
        pbx.answers["Ping"] = mute
        assert await eventually(lambda: len(client.inbox.changes) >= 2)


async def test_a_cut_link_is_connected_again_with_a_new_snapshot(
    pbx: FakePbx, proxy: Proxy
) -> None:
    client = OurClient(proxy.port)
    async with running(client.link):
        assert await eventually(client.up)
        proxy.cut()
        assert await eventually(lambda: len(client.inbox.snapshots) == 2)
        assert len(client.inbox.changes) == 3
        await client.link.act(SetGlobal("CCG_X", "1"))
    assert client.link.stats.connects == 2
    assert len(pbx.actions("Setvar")) == 1


async def test_what_came_whole_before_a_close_within_a_message_is_kept(
    pbx: FakePbx, proxy: Proxy
) -> None:
    client = OurClient(proxy.port)
    proxy.close_after = b"Uniqueid: 1.2"
    async with running(client.link):
        assert await eventually(client.up)
        pbx.say(("Event", "Newchannel"), ("Uniqueid", "1.1"))
        pbx.say(("Event", "Newchannel"), ("Uniqueid", "1.234"))
        assert await eventually(lambda: len(client.inbox.snapshots) == 2)
        pbx.say(("Event", "Hangup"), ("Uniqueid", "1.1"))
        assert await eventually(lambda: len(client.inbox.facts) == 2)
    assert [(fact.kind, fact.subject) for fact in client.inbox.facts] == [
        (Kind.CHANNEL_CREATED, "1.1"),
        (Kind.CHANNEL_ENDED, "1.1"),
    ]
    assert client.link.stats.odd == 0


async def test_a_close_within_the_login_is_tried_again(proxy: Proxy) -> None:
    client = OurClient(proxy.port)
    proxy.close_after = b"Asterisk Call Mana"
    async with running(client.link):
        assert await eventually(client.up)
    assert client.link.stats.connects == 1


async def test_a_link_that_drips_byte_by_byte_loses_nothing(pbx: FakePbx, proxy: Proxy) -> None:
    client = OurClient(proxy.port)
    proxy.dripping = True
    async with running(client.link):
        assert await eventually(client.up)
        for n in range(30):
            pbx.say(("Event", "Newchannel"), ("Uniqueid", f"1.{n}"), ("CallerIDName", "Ää 😀"))
        assert await eventually(lambda: len(client.inbox.facts) == 30)
    assert [fact.subject for fact in client.inbox.facts] == [f"1.{n}" for n in range(30)]
    assert {fact.detail["caller_name"] for fact in client.inbox.facts} == {"Ää 😀"}
    assert client.link.stats.connects == 1


async def test_an_endless_message_ends_the_link_with_a_clear_cause(pbx: FakePbx) -> None:
    client = OurClient(pbx.port)
    async with running(client.link):
        assert await eventually(client.up)
        pbx.say_raw(b"Event: X\r\nName: " + b"x" * 2 * MAX_MESSAGE_BYTES)
        assert await eventually(lambda: len(client.inbox.snapshots) == 2)
    assert "longer than" in client.inbox.changes[1].cause


async def test_an_endless_list_ends_the_link(pbx: FakePbx, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ccgateway.ami.protocol.MAX_LIST_ITEMS", 100)
    client = OurClient(pbx.port)
    async with running(client.link):
        assert await eventually(client.up)
        pbx.answers["QueueStatus"] = lambda asked: (
            block(("Response", "Success"), ("ActionID", asked["ActionID"]), ("EventList", "start"))
            + block(("Event", "QueueMember"), ("ActionID", asked["ActionID"])) * 200
        )
        with pytest.raises(PbxUnavailable, match="no end"):
            await client.link.members()


async def test_another_server_on_the_port_is_named(pbx: FakePbx) -> None:
    pbx.banner = b"SSH-2.0-OpenSSH_9.2\r\n"
    client = OurClient(pbx.port)
    with capture_logs() as logs:
        async with running(client.link):
            assert await eventually(lambda: logs)
    assert "not Asterisk's manager port" in logs[0]["cause"]


async def test_a_server_that_accepts_and_says_nothing_is_given_up(pbx: FakePbx) -> None:
    pbx.banner = b""
    pbx.answers["Login"] = mute
    client = OurClient(pbx.port)
    with capture_logs() as logs:
        async with running(client.link):
            assert await eventually(lambda: logs)
    assert "did not answer Login in time" in logs[0]["cause"]


async def test_reconnects_slow_down_while_they_fail_and_are_quick_after_a_steady_time(
    pbx: FakePbx,
) -> None:
    timing = replace(FAST, backoff_first=0.05, backoff_most=0.4, steady=0.3)
    client = OurClient(pbx.port, timing)
    with capture_logs() as logs:
        async with running(client.link):
            pbx.banner = b"not Asterisk\r\n"
            assert await eventually(lambda: len(logs) >= 5)
            pbx.banner = b"Asterisk Call Manager/11.0.0\r\n"
            assert await eventually(client.up)
            pings = len(pbx.actions("Ping"))
            await pbx.until(lambda: len(pbx.actions("Ping")) > pings + 4)  # over timing.steady
            failed = len(logs)
            pbx.drop()
            assert await eventually(lambda: len(logs) > failed)
    delays = [log["retry_in"] for log in logs if log["event"] == "ami_link_down"]
    assert delays[0] <= 0.1
    assert max(delays) >= 0.2
    assert max(delays) <= 0.4
    assert delays[-1] <= 0.1
