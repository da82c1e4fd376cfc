"""The link to a node, against a double of Asterisk: what it does, and what it never does."""

from __future__ import annotations

import asyncio
import ssl
import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from ccgateway.ami.link import Link
from ccgateway.engine.ports import LinkChange, Snapshot
from ccgateway.rig.fake_pbx import FakePbx, block, listing, mute
from tests.adapters.ami_bench import (
    FAST,
    BareClient,
    Client,
    Mailbox,
    Node,
    OurClient,
    WallClock,
    eventually,
    running,
    trap,
)

Make = Callable[..., Client]
on_both = trap(OurClient, BareClient)


async def started(client: Client) -> Client:
    await client.start()
    assert await eventually(client.up)
    return client


async def buried(client: Client) -> None:
    await client.stop()
    if isinstance(client, BareClient):
        client.bury()


@on_both
async def test_nothing_is_sent_again_after_a_reconnect(make: Make, pbx: FakePbx) -> None:
    client = await started(make(pbx.port))
    pbx.answers["Setvar"] = mute
    pending = asyncio.create_task(client.set_global())
    await pbx.until(lambda: len(pbx.actions("Setvar")) == 1)
    pbx.drop()
    await pbx.until(lambda: len(pbx.actions("Login")) == 2)
    assert await eventually(client.up)
    await client.list_members()  # whatever was sent again came before this
    sent = len(pbx.actions("Setvar"))
    await buried(client)
    pending.cancel()
    await asyncio.wait({pending})
    assert sent == 1


@on_both
async def test_an_action_without_an_answer_ends_in_time(make: Make, pbx: FakePbx) -> None:
    client = await started(make(pbx.port))
    pbx.answers["Setvar"] = mute
    pending = asyncio.create_task(client.set_global())
    ended, _ = await asyncio.wait({pending}, timeout=1.5)
    await buried(client)
    pending.cancel()
    await asyncio.wait({pending})
    assert ended


@on_both
async def test_a_list_that_is_cut_by_a_disconnect_fails(make: Make, pbx: FakePbx) -> None:
    client = await started(make(pbx.port, replace(FAST, listing=30.0)))
    pbx.answers["QueueStatus"] = lambda asked: block(
        ("Response", "Success"), ("ActionID", asked["ActionID"]), ("EventList", "start")
    )
    before = len(pbx.actions("QueueStatus"))
    pending = asyncio.create_task(client.list_members())
    await pbx.until(lambda: len(pbx.actions("QueueStatus")) > before)
    pbx.drop()
    ended, _ = await asyncio.wait({pending}, timeout=1.5)
    await buried(client)
    pending.cancel()
    await asyncio.wait({pending})
    assert ended


@on_both
async def test_a_wrong_secret_is_not_tried_again_and_again(make: Make, pbx: FakePbx) -> None:
    client = make(pbx.port, knows=False)
    await client.start()
    again = await eventually(lambda: len(pbx.actions("Login")) > 1, within=0.5)
    await buried(client)
    assert pbx.actions("Login")
    assert not again


@on_both
async def test_a_stop_ends_a_pending_reconnect(make: Make, pbx: FakePbx) -> None:
    client = await started(make(pbx.port, replace(FAST, backoff_first=1.0, backoff_most=1.0)))
    pbx.drop()
    assert await eventually(lambda: not client.up())
    await client.stop()
    again = await eventually(lambda: pbx.connections > 1, within=1.5)
    await buried(client)
    assert not again


async def test_first_the_link_is_up_then_comes_the_snapshot(pbx: FakePbx) -> None:
    pbx.answers["CoreShowChannels"] = listing(
        "CoreShowChannels", [("Event", "CoreShowChannel"), ("Uniqueid", "1795327344.70")]
    )
    pbx.answers["QueueStatus"] = listing(
        "QueueStatus",
        [("Event", "QueueMember"), ("Queue", "stations"), ("Name", "101"), ("Location", "PJSIP/1")],
        [("Event", "QueueEntry"), ("Queue", "stations"), ("Uniqueid", "1795327344.70")],
    )
    client = OurClient(pbx.port)
    async with running(client.link):
        assert await eventually(lambda: client.inbox.snapshots)
    up, snapshot, down = client.inbox.arrivals
    assert isinstance(up, LinkChange)
    assert (up.node, up.up) == ("pbx1", True)
    assert isinstance(snapshot, Snapshot)
    assert [seen.uniqueid for seen in snapshot.channels] == ["1795327344.70"]
    assert [(caller.queue, caller.uniqueid) for caller in snapshot.waiting] == [
        ("stations", "1795327344.70")
    ]
    assert [member.name for member in snapshot.members] == ["101"]
    assert isinstance(down, LinkChange)
    assert (down.up, down.cause) == (False, "the gateway stops")


async def test_the_login_asks_for_the_events_we_need_only(ours: OurClient, pbx: FakePbx) -> None:
    assert pbx.actions("Login")[0]["Events"] == "system,call,agent,user"


async def test_what_happens_during_the_snapshot_is_in_it(pbx: FakePbx) -> None:
    listed = listing(
        "CoreShowChannels",
        [("Event", "CoreShowChannel"), ("Uniqueid", "1.1")],
        [("Event", "CoreShowChannel"), ("Uniqueid", "1.2")],
    )
    meanwhile = block(("Event", "Hangup"), ("Uniqueid", "1.1")) + block(
        ("Event", "Newchannel"), ("Uniqueid", "1.3")
    )
    pbx.answers["CoreShowChannels"] = lambda asked: (listed(asked) or b"") + meanwhile
    client = OurClient(pbx.port)
    async with running(client.link):
        assert await eventually(lambda: client.inbox.snapshots)
    assert {seen.uniqueid for seen in client.inbox.snapshots[0].channels} == {"1.2", "1.3"}


async def test_a_connection_that_is_refused_is_tried_again(pbx: FakePbx) -> None:
    client = OurClient(1)  # nobody listens on port 1 of loopback
    with capture_logs() as logs:
        async with running(client.link):
            assert await eventually(
                lambda: [log for log in logs if log["event"] == "ami_link_down"][1:]
            )
    assert "no connection to 127.0.0.1:1" in logs[0]["cause"]
    assert client.inbox.arrivals == []


@pytest.fixture
def certificate(tmp_path: Path) -> tuple[Path, Path]:
    """A certificate for loopback that nobody signed, and its key."""
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    words = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2"
    subject = ["-subj", "/CN=pbx", "-addext", "subjectAltName=IP:127.0.0.1"]
    files = ["-keyout", str(key), "-out", str(certificate)]
    subprocess.run([*words.split(), *subject, *files], check=True, capture_output=True)
    return certificate, key


async def test_tls_checks_the_certificate(certificate: tuple[Path, Path]) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate)
    async with FakePbx(tls=context) as pbx:
        trusting = Link(
            Node(pbx.port, tls=True, tls_ca=str(certificate[0])), Mailbox(), WallClock(), FAST
        )
        async with running(trusting):
            assert await eventually(lambda: trusting.connected)
        logins = len(pbx.actions("Login"))
        doubting = Link(Node(pbx.port, tls=True), Mailbox(), WallClock(), FAST)
        with capture_logs() as logs:
            async with running(doubting):
                assert await eventually(lambda: logs)
        assert "CERTIFICATE_VERIFY_FAILED" in logs[0]["cause"]
        assert len(pbx.actions("Login")) == logins


async def test_a_stop_is_quick_and_leaves_nothing_running(pbx: FakePbx) -> None:
    before = asyncio.all_tasks()
    client = OurClient(pbx.port, replace(FAST, ping_every=60.0, proof=60.0))
    await started(client)
    ours = asyncio.all_tasks() - before
    assert await eventually(lambda: pbx.actions("Originate"))  # the probe waits for its proof
    async with asyncio.timeout(1):
        await client.stop()
        pbx.drop()
        assert await eventually(lambda: all(task.done() for task in ours))
