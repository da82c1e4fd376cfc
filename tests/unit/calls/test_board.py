"""Which calls are ours, and to which call a fact belongs."""

from __future__ import annotations

from dataclasses import replace

from ccgateway.calls.board import Board
from ccgateway.calls.call import Call, Disposition, Known
from ccgateway.calls.compare import differences
from ccgateway.calls.group import UNDECIDED_FACTS
from ccgateway.telephony.facts import Kind, Source
from ccgateway.telephony.ids import call_id_of
from ccgateway.telephony.snapshot import SeenChannel, Snapshot, WaitingCaller
from tests.unit.calls import lines
from tests.unit.calls.told import (
    ANNA,
    BERT,
    CALLER,
    NODE,
    answered_call,
    arrive,
    at,
    board,
    end,
    fact,
    join,
    ring,
)

STRANGER = "1795334405.77"


def test_a_call_that_touches_nothing_of_ours_is_counted_and_not_stored() -> None:
    here = board()
    created = fact(
        0,
        Kind.CHANNEL_CREATED,
        STRANGER,
        channel="PJSIP/boss-00000009",
        linkedid=STRANGER,
        context="office",
    )
    assert here.take(created) is None
    assert here.take(fact(1, Kind.QUEUE_JOINED, STRANGER, "their-queue")) is None
    assert here.take(end(2, STRANGER)[0]) is None
    assert (here.others, list(here.live_calls())) == (1, [])


def test_what_was_heard_before_a_call_became_ours_counts() -> None:
    here = board()
    created, answered, door = arrive()
    assert here.take(created) is None
    assert here.take(answered) is None
    change = here.take(door)
    assert change is not None
    assert [f.kind for f in change.facts] == [created.kind, answered.kind, door.kind]
    assert change.call.call_id == call_id_of(NODE, CALLER)


def test_an_agents_own_call_is_ours_by_the_phone() -> None:
    here = board()
    change = here.take(
        fact(
            0,
            Kind.CHANNEL_CREATED,
            STRANGER,
            channel="PJSIP/101-00000003",
            linkedid=STRANGER,
            context="office",
        )
    )
    assert change is not None
    assert change.call.legs[0].agent == "101"


def test_our_route_can_overtake_the_channels_first_event() -> None:
    here = board()
    first = here.take(fact(0, Kind.ROUTED, CALLER, service="hotline"))
    assert first is not None
    last = [c for f in answered_call() if (c := here.take(f))][-1]
    assert last.call.call_id == first.call.call_id
    assert (last.call.service, last.call.known) == ("hotline", Known.LIVE)


def test_two_joins_of_one_queue_are_two_facts() -> None:
    here = board()
    for told in arrive():
        here.take(told)
    ordinals = []
    for told in (join(1), fact(2, Kind.QUEUE_LEFT, CALLER, "stations"), join(3)):
        change = here.take(told)
        assert change is not None
        ordinals.append((change.facts[0].kind, change.facts[0].ordinal))
    assert ordinals == [(Kind.QUEUE_JOINED, 0), (Kind.QUEUE_LEFT, 0), (Kind.QUEUE_JOINED, 1)]


def test_agent_complete_after_the_hang_up_belongs_to_the_call() -> None:
    here = board()
    for told in answered_call():
        here.take(told)
    assert list(here.live_calls()) == []
    late = here.take(fact(13, Kind.AGENT_COMPLETED, CALLER, "stations", agent="101"))
    assert late is not None
    assert late.call.call_id == call_id_of(NODE, CALLER)


def test_ended_calls_are_forgotten_after_a_minute() -> None:
    here = board()
    for told in answered_call():
        here.take(told)
    assert here.has_ended(NODE, CALLER)
    here.take(fact(80, Kind.CHANNEL_CREATED, STRANGER, channel="PJSIP/x-1", linkedid=STRANGER))
    assert here.size == 1


def test_a_restored_board_goes_on_with_the_same_call_and_numbers() -> None:
    before = board()
    told = [*arrive(), join(1), *ring(2, ANNA, "101")]
    stored = [f for t in told if (c := before.take(t)) for f in c.facts]
    after = board()
    after.restore(list(reversed(stored)))
    [call] = after.live_calls()
    assert call.call_id == call_id_of(NODE, CALLER)
    again = after.take(join(9))
    assert again is not None
    assert again.facts[0].ordinal == 1


def seen(uniqueid: str, channel: str, since: float, bridge: str = "b-9") -> SeenChannel:
    return SeenChannel(
        uniqueid, CALLER, channel, "from-trunk", "1000", "+358401", "", "Up", bridge, at(since)
    )


def compare(
    here: Board, now: float, channels: list[SeenChannel], waiting: list[WaitingCaller] | None = None
) -> Call:
    snapshot = Snapshot(NODE, at(now), channels, waiting or [], [])
    changes = [
        change
        for told in differences(snapshot, here.live_channels(NODE))
        if (change := here.take(told))
    ]
    return changes[-1].call


def test_a_snapshot_brings_in_what_was_not_seen_and_ends_what_is_gone() -> None:
    here = board()
    for told in answered_call()[:6]:
        here.take(told)
    call = compare(here, 30, [seen(STRANGER, "PJSIP/102-0000000a", 1)])
    assert call.known is Known.PARTIAL
    ended = {leg.uniqueid: leg.ended_at for leg in call.legs}
    assert ended == {CALLER: at(30), ANNA: at(30), STRANGER: None}


def test_a_caller_who_was_answered_in_the_gap_has_not_abandoned() -> None:
    here = board()
    for told in [*arrive(), join(1)]:
        here.take(told)
    agent = seen(ANNA, "PJSIP/101-00000002", 5)
    talking = compare(here, 30, [seen(CALLER, "PJSIP/trunk-00000001", 0), agent])
    assert [(talk.agent, talk.began_at) for talk in talking.talks] == [("101", at(30))]
    assert talking.visits[0].left_at == at(30)
    last = [change for told in end(40, CALLER, ANNA) if (change := here.take(told))][-1].call
    assert (last.disposition, last.known) == (Disposition.ANSWERED, Known.PARTIAL)


def test_a_caller_who_left_the_queue_unseen_and_hangs_up_is_unknown() -> None:
    here = board()
    for told in [*arrive(), join(1)]:
        here.take(told)
    compare(here, 30, [seen(CALLER, "PJSIP/trunk-00000001", 0, bridge="")])
    last = [change for told in end(40, CALLER) if (change := here.take(told))][-1].call
    assert last.disposition is Disposition.UNKNOWN


def test_an_event_before_the_snapshot_does_not_hide_its_channel() -> None:
    here = board()
    here.take(join(1))
    waiting = WaitingCaller(CALLER, "stations", 1, at(1))
    call = compare(here, 2, [seen(CALLER, "PJSIP/trunk-00000001", 0, bridge="")], [waiting])
    assert [v.joined_at for v in call.visits] == [at(1)]
    [live] = here.live_calls()
    assert (live.caller_number, live.started_at) == ("+358401", at(0))
    for told in ring(3, ANNA, "101"):
        here.take(told)
    here.take(end(11, ANNA)[0])
    later = here.take(ring(90, BERT, "102")[1])
    assert later is not None
    assert later.call.started_at == at(0)
    assert len(later.call.visits[0].offers) == 2


def test_a_snapshot_that_agrees_says_nothing() -> None:
    here = board()
    for told in [*arrive(), join(1)]:
        here.take(told)
    waiting = [WaitingCaller(CALLER, "stations", 1, at(1))]
    same = Snapshot(NODE, at(5), [seen(CALLER, "PJSIP/trunk-1", 0, bridge="")], waiting, [])
    assert differences(same, here.live_channels(NODE)) == []


def test_a_channel_born_after_the_question_is_not_missed() -> None:
    here = board()
    for told in arrive(5):
        here.take(told)
    assert differences(Snapshot(NODE, at(4), [], [], []), here.live_channels(NODE)) == []


def test_what_comes_late_of_forgotten_calls_is_forgotten_too() -> None:
    """A day of stray AgentCompletes must not grow the board."""
    here = board()
    for number in range(1_000):
        uniqueid = f"1795334400.{number + 100}"
        here.take(fact(number, Kind.AGENT_COMPLETED, uniqueid, "stations", agent="101"))
    assert here.size < 100


def test_two_sources_of_one_fact_make_one() -> None:
    here = board()
    for told in [*arrive(), join(1.4)]:
        here.take(told)
    again = here.take(replace(join(1), source=Source.QUEUE_LOG))
    assert again is not None
    assert [v.joined_at for v in again.call.visits] == [at(1.4)]  # queue_log has whole seconds
    assert again.facts[0].ordinal == 0


def test_a_strangers_long_call_is_no_burden() -> None:
    """Hold and unhold for hours: nothing of it is kept beyond the first facts."""
    here = board()
    here.take(fact(0, Kind.CHANNEL_CREATED, STRANGER, channel="PJSIP/x-1", linkedid=STRANGER))
    for number in range(4 * UNDECIDED_FACTS):
        here.take(fact(1 + number, (Kind.HOLD_BEGAN, Kind.HOLD_ENDED)[number % 2], STRANGER))
    [group] = here._nodes[NODE]  # noqa: SLF001 - what is remembered shows nowhere else
    assert sum(count for count, _ in group._told.values()) == UNDECIDED_FACTS  # noqa: SLF001 - same
    change = here.take(fact(9_000, Kind.ENTERED, STRANGER, did="1000"))
    assert change is not None
    assert change.call.did == "1000"
    assert list(here.live_channels(NODE)) == [STRANGER]
    for told in end(9_001, STRANGER):
        change = here.take(told)
    assert change is not None
    assert change.call.ended_at == at(9_001)


def test_a_strangers_long_call_is_counted_when_it_ends() -> None:
    here = board()
    for number in range(2 * UNDECIDED_FACTS):
        here.take(fact(1 + number, (Kind.HOLD_BEGAN, Kind.HOLD_ENDED)[number % 2], STRANGER))
    here.take(end(9_000, STRANGER)[0])
    assert (here.others, here.live_channels(NODE)) == (1, {})


def test_a_call_answers_to_the_ids_that_it_had() -> None:
    """CCG_CALL on a phone is the id of when it was set."""
    here, ids = lines.board(), set()
    for told in lines.attended():
        if change := here.take(told):
            ids.add(change.story.call_id)
            story = change.story
    assert len(ids) == 2
    assert story.former | {story.call_id} == ids
