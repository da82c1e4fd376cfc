"""Which calls are ours, and to which call a fact belongs."""

from __future__ import annotations

from ccgateway.calls.call import Known
from ccgateway.calls.compare import appeared, vanished
from ccgateway.telephony.facts import Kind
from ccgateway.telephony.ids import call_id_of
from ccgateway.telephony.snapshot import SeenChannel
from tests.unit.calls.told import (
    ANNA,
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
    assert here.knows(NODE, CALLER)
    here.take(fact(80, Kind.CHANNEL_CREATED, STRANGER, channel="PJSIP/x-1", linkedid=STRANGER))
    assert not here.knows(NODE, CALLER)


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


def seen(uniqueid: str, channel: str, since: float, context: str = "from-trunk") -> SeenChannel:
    return SeenChannel(
        uniqueid, CALLER, channel, context, "1000", "+358401", "", "Up", "b-9", at(since)
    )


def test_a_snapshot_brings_in_what_was_not_seen_and_ends_what_is_gone() -> None:
    here = board()
    for told in answered_call()[:6]:
        here.take(told)
    there = [seen(STRANGER, "PJSIP/102-0000000a", 1)]
    for told in [
        *appeared(NODE, there, []),
        *vanished(NODE, here.live_channels(NODE), there, at(30)),
    ]:
        here.take(told)
    [call] = here.live_calls()
    assert call.known is Known.PARTIAL
    ended = {leg.uniqueid: leg.ended_at for leg in call.legs}
    assert ended == {CALLER: at(30), ANNA: at(30), STRANGER: None}


def test_a_channel_born_after_the_question_is_not_missed() -> None:
    assert vanished(NODE, {CALLER: at(5)}, [], at(4)) == []
