"""Actions out, events in, over a link that is up."""

from __future__ import annotations

import pytest
from structlog.testing import capture_logs

from ccgateway.ami.framing import MAX_MESSAGE_BYTES
from ccgateway.ami.link import Link
from ccgateway.engine.ports import Arrival
from ccgateway.errors import ActionRefused, ActionTimeout, PbxUnavailable, UnsafeText
from ccgateway.rig.fake_pbx import FakePbx, listing, mute, refusal
from ccgateway.telephony.actions import AddMember, Member, PauseMember, RemoveMember, SetGlobal
from ccgateway.telephony.facts import Fact, Kind
from tests.adapters.ami_bench import (
    FAST,
    Mailbox,
    Node,
    OurClient,
    WallClock,
    eventually,
    running,
)


async def test_actions_and_members(ours: OurClient, pbx: FakePbx) -> None:
    pbx.answers["QueueStatus"] = listing(
        "QueueStatus",
        [
            ("Event", "QueueMember"),
            ("Queue", "stations"),
            ("Name", "101"),
            ("Location", "PJSIP/101"),
            ("Membership", "dynamic"),
            ("Paused", "1"),
            ("PausedReason", "lunch"),
        ],
    )
    await ours.link.act(SetGlobal("CCG_HEARTBEAT", "1795327000"))
    await ours.link.act(AddMember("stations", "PJSIP/101", "101", paused=True, reason="lunch"))
    await ours.link.act(PauseMember("stations", "PJSIP/101", paused=False))
    await ours.link.act(RemoveMember("stations", "PJSIP/101"))
    assert pbx.actions("Setvar")[0]["Value"] == "1795327000"
    assert (pbx.actions("QueueAdd")[0]["Paused"], pbx.actions("QueueAdd")[0]["Reason"]) == (
        "true",
        "lunch",
    )
    assert pbx.actions("QueuePause")[0]["Paused"] == "false"
    assert len(pbx.actions("QueueRemove")) == 1
    assert await ours.link.members() == [
        Member("stations", "PJSIP/101", "101", dynamic=True, paused=True, reason="lunch")
    ]


async def test_a_refused_action_tells_asterisk_s_words(ours: OurClient, pbx: FakePbx) -> None:
    pbx.answers["QueueRemove"] = refusal("Unable to remove interface: Not there")
    with pytest.raises(ActionRefused, match="Not there"):
        await ours.link.act(RemoveMember("stations", "PJSIP/101"))


async def test_a_refused_list_is_an_error_at_once(ours: OurClient, pbx: FakePbx) -> None:
    pbx.answers["QueueStatus"] = refusal("Permission denied")
    with pytest.raises(ActionRefused, match="Permission denied"):
        await ours.link.members()


async def test_a_late_answer_belongs_to_nobody(ours: OurClient, pbx: FakePbx) -> None:
    pbx.answers["Setvar"] = mute
    with pytest.raises(ActionTimeout, match="Setvar"):
        await ours.link.act(SetGlobal("CCG_X", "1"))
    pbx.say(("Response", "Success"), ("ActionID", pbx.actions("Setvar")[0]["ActionID"]))
    assert await eventually(lambda: ours.link.stats.odd == 1)
    del pbx.answers["Setvar"]
    await ours.link.act(SetGlobal("CCG_X", "2"))


async def test_unsafe_text_is_not_sent(ours: OurClient, pbx: FakePbx) -> None:
    with pytest.raises(UnsafeText):
        await ours.link.act(AddMember("stations", "PJSIP/101", "x\r\nAction: Originate"))
    await ours.link.members()
    assert pbx.actions("QueueAdd") == []
    assert [asked["Channel"] for asked in pbx.actions("Originate")] == ["CCG/rights-probe"]


async def test_without_a_link_an_action_is_refused_at_once(pbx: FakePbx) -> None:
    link = Link(Node(pbx.port), Mailbox(), WallClock(), FAST)
    with pytest.raises(PbxUnavailable, match="pbx1 is down"):
        await link.act(SetGlobal("CCG_X", "1"))
    with pytest.raises(PbxUnavailable, match="pbx1 is down"):
        await link.members()


async def test_events_become_facts_in_their_order(ours: OurClient, pbx: FakePbx) -> None:
    for n in range(300):
        pbx.say(("Event", "Newchannel"), ("Uniqueid", f"1.{n}"), ("Channel", "PJSIP/x-1"))
        pbx.say(("Event", "VarSet"), ("Uniqueid", f"1.{n}"))
        pbx.say(("Event", "Hangup"), ("Uniqueid", f"1.{n}"))
    pbx.say(("Event", "Hangup"), ("Cause", "16"))
    assert await eventually(lambda: ours.link.stats.odd == 1)
    assert [(fact.kind, fact.subject) for fact in ours.inbox.facts] == [
        (kind, f"1.{n}") for n in range(300) for kind in (Kind.CHANNEL_CREATED, Kind.CHANNEL_ENDED)
    ]
    assert {fact.node for fact in ours.inbox.facts} == {"pbx1"}
    assert ours.link.stats.facts == 600
    assert ours.link.stats.unknown >= 300


class _Breaks(Mailbox):
    """An inbox with a defect."""

    def put(self, arrival: Arrival) -> None:
        super().put(arrival)
        if isinstance(arrival, Fact) and arrival.kind is Kind.CHANNEL_CREATED:
            raise RuntimeError("358401110001")


async def test_an_inbox_that_raises_does_not_end_the_link(pbx: FakePbx) -> None:
    inbox = _Breaks()
    link = Link(Node(pbx.port), inbox, WallClock(), FAST)
    with capture_logs() as logs:
        async with running(link):
            assert await eventually(lambda: inbox.snapshots)
            pbx.say(("Event", "Newchannel"), ("Uniqueid", "1.1"))
            pbx.say(("Event", "Hangup"), ("Uniqueid", "1.1"))
            assert await eventually(lambda: len(inbox.facts) == 2)
            assert link.connected
    assert link.stats.odd == 1
    assert pbx.connections == 1
    assert "ami_callback_failed" in str(logs)
    assert "358401110001" not in str(logs)


async def test_no_number_and_no_name_is_logged(pbx: FakePbx) -> None:
    client = OurClient(pbx.port)
    with capture_logs() as logs:
        async with running(client.link):
            assert await eventually(client.up)
            pbx.say(
                ("Event", "Newchannel"),
                ("Uniqueid", "1.1"),
                ("CallerIDNum", "358401110001"),
                ("CallerIDName", "Kalle"),
            )
            pbx.say_raw(b"Event: X\r\nCallerIDName: Kalle" + b"x" * MAX_MESSAGE_BYTES)
            assert await eventually(lambda: len(client.inbox.changes) == 2)
    assert "358401110001" not in str(logs)
    assert "Kalle" not in str(logs)
