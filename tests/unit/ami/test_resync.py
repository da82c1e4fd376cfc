"""The snapshot: the lists, and what happened while they came."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from ccgateway.ami.decode import AmiEvent
from ccgateway.ami.resync import Gathering, members_of
from ccgateway.engine.ports import SeenChannel, Snapshot, WaitingCaller
from ccgateway.telephony.actions import Member

NOW = datetime(2026, 11, 22, 6, 0, tzinfo=UTC)
EARLIER = NOW - timedelta(seconds=2)


def event(name: str, at: datetime = NOW, /, **headers: str) -> AmiEvent:
    return AmiEvent("pbx1", name, at, headers)


LISTED = event(
    "CoreShowChannel",
    Uniqueid="1795327344.70",
    Linkedid="1795327344.70",
    Channel="PJSIP/trunk-00000046",
    Context="ccg-inbound",
    Exten="1000",
    CallerIDNum="358401110001",
    CallerIDName="<unknown>",
    ChannelStateDesc="Up",
    BridgeId="b1",
)
WAITS = event("QueueEntry", Queue="stations", Position="2", Wait="30", Uniqueid="1795327344.70")


def gathered(*meanwhile: AmiEvent, channels: list[AmiEvent], queues: list[AmiEvent]) -> Snapshot:
    gathering = Gathering("pbx1")
    for each in meanwhile:
        gathering.hear(each)
    return gathering.snapshot(NOW, channels, queues)


def test_a_listed_channel_and_a_waiting_caller() -> None:
    snapshot = gathered(channels=[LISTED], queues=[WAITS])
    assert (snapshot.node, snapshot.at) == ("pbx1", NOW)
    assert snapshot.channels == [
        SeenChannel(
            uniqueid="1795327344.70",
            linkedid="1795327344.70",
            channel="PJSIP/trunk-00000046",
            context="ccg-inbound",
            exten="1000",
            caller_number="358401110001",
            caller_name="",
            state="Up",
            bridge="b1",
            since=datetime(2026, 11, 22, 6, 2, 24, tzinfo=UTC),
        )
    ]
    assert snapshot.waiting == [
        WaitingCaller("1795327344.70", "stations", 2, NOW - timedelta(seconds=30))
    ]


def test_a_channel_with_an_id_of_its_own_is_as_old_as_its_duration() -> None:
    mine = event("CoreShowChannel", Uniqueid="ccg-attempt-7", Duration="01:02:03")
    odd = event("CoreShowChannel", Uniqueid="ccg-attempt-8", Duration="soon")
    first, second = gathered(channels=[mine, odd], queues=[]).channels
    assert first.since == NOW - timedelta(hours=1, minutes=2, seconds=3)
    assert second.since == NOW


def test_a_birth_is_told_in_the_clock_of_the_snapshot() -> None:
    ahead = timedelta(seconds=60)  # Asterisk's clock, where it does not stamp its events
    [seen] = Gathering("pbx1").snapshot(NOW, [LISTED], [], ahead).channels
    assert seen.since == datetime(2026, 11, 22, 6, 1, 24, tzinfo=UTC)


def test_a_call_that_ended_meanwhile_is_no_ghost() -> None:
    ended = event("Hangup", Uniqueid="1795327344.70")
    snapshot = gathered(ended, channels=[LISTED], queues=[WAITS])
    assert not snapshot.channels
    assert not snapshot.waiting


def test_a_call_that_began_meanwhile_is_not_missing() -> None:
    began = event("Newchannel", EARLIER, Uniqueid="1795327350.9", Channel="PJSIP/trunk-9")
    joined = event(
        "QueueCallerJoin", EARLIER, Uniqueid="1795327350.9", Queue="stations", Position="1"
    )
    snapshot = gathered(began, joined, channels=[], queues=[])
    assert [(seen.uniqueid, seen.since) for seen in snapshot.channels] == [
        ("1795327350.9", EARLIER)
    ]
    assert snapshot.waiting == [WaitingCaller("1795327350.9", "stations", 1, EARLIER)]


def test_a_channel_is_in_the_bridge_that_its_last_event_tells() -> None:
    left = event("BridgeLeave", Uniqueid="1795327344.70", BridgeUniqueid="b1")
    entered = event("BridgeEnter", Uniqueid="1795327344.70", BridgeUniqueid="b2")
    began = event("Newchannel", Uniqueid="1795327350.9")
    also = event("BridgeEnter", Uniqueid="1795327350.9", BridgeUniqueid="b2")
    assert [c.bridge for c in gathered(left, channels=[LISTED], queues=[]).channels] == [""]
    both = gathered(left, entered, began, also, channels=[LISTED], queues=[]).channels
    assert {seen.uniqueid: seen.bridge for seen in both} == {
        "1795327344.70": "b2",
        "1795327350.9": "b2",
    }


def test_a_caller_who_left_the_queue_and_came_back_waits() -> None:
    left = event("QueueCallerLeave", Uniqueid="1795327344.70", Queue="stations")
    back = event("QueueCallerJoin", Uniqueid="1795327344.70", Queue="stations", Position="1")
    assert not gathered(left, channels=[], queues=[WAITS]).waiting
    assert gathered(left, back, channels=[], queues=[]).waiting
    assert not gathered(left, back, left, channels=[], queues=[]).waiting


def test_members() -> None:
    listed = [
        event("QueueParams", Queue="stations"),
        event(
            "QueueMember",
            Queue="stations",
            Name="101",
            Location="PJSIP/101",
            Membership="dynamic",
            Penalty="2",
            Status="1",
            Paused="1",
            PausedReason="lunch",
        ),
        event("QueueMember", Queue="fallback", Name="102", Location="PJSIP/102", Penalty="x"),
    ]
    assert members_of(listed) == [
        Member(
            "stations",
            "PJSIP/101",
            "101",
            dynamic=True,
            paused=True,
            reason="lunch",
            penalty=2,
            device_state=1,
        ),
        Member("fallback", "PJSIP/102", "102", dynamic=False, paused=False),
    ]


anything = st.text(max_size=20) | st.integers(0, 10**30).map(str)


@given(
    st.dictionaries(
        st.sampled_from(["Uniqueid", "Queue", "Duration", "Wait", "Position", "Penalty", "Status"]),
        anything,
    )
)
def test_no_value_of_a_header_breaks_the_snapshot(headers: dict[str, str]) -> None:
    lists = [
        event(name, **headers) for name in ("CoreShowChannel", "QueueEntry", "QueueMember", "X")
    ]
    meanwhile = [event("Newchannel", **headers), event("QueueCallerJoin", **headers)]
    snapshot = gathered(*meanwhile, channels=lists, queues=lists)
    assert len(snapshot.members) == 1
    assert all(NOW - caller.since < timedelta(days=366) for caller in snapshot.waiting)
