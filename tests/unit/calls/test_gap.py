"""The link to a PBX was cut, or the gateway was away: what a snapshot says afterwards."""

from __future__ import annotations

from uuid import UUID

from ccgateway.calls.board import Board
from ccgateway.calls.call import Call, Disposition, Known
from ccgateway.calls.compare import differences
from ccgateway.calls.reduce import Story, fold
from ccgateway.telephony.facts import Fact, Kind
from ccgateway.telephony.snapshot import SeenChannel, Snapshot, WaitingCaller
from tests.unit.calls.lines import CARL, SECOND, attended, board, talking
from tests.unit.calls.told import ANNA, BRIDGE, CALLER, NODE, arrive, at, end, fact, join

CUT, BACK = 20.0, 30.0
"""When the link is lost, and when it is up again (seconds)."""


class Heard:
    """A board, and the calls that it told of."""

    def __init__(self, board: Board) -> None:
        self.board = board
        self.stories: dict[UUID, Story] = {}

    def tell(self, *facts: Fact) -> None:
        for told in facts:
            if change := self.board.take(told):
                for old in change.absorbed:
                    self.stories.pop(old, None)
                self.stories[change.story.call_id] = change.story

    def compare(self, *there: SeenChannel, waiting: tuple[WaitingCaller, ...] = ()) -> list[Fact]:
        now = Snapshot(NODE, at(BACK), there, waiting, [])
        told = differences(now, self.board.live_channels(NODE))
        self.tell(*told)
        return told

    @property
    def call(self) -> Call:
        [story] = self.stories.values()
        assert fold(story.call_id, NODE, reversed(story.facts)) == story.call()
        return story.call()


def heard(*facts: Fact) -> Heard:
    one = Heard(board())
    one.tell(*facts)
    return one


def caller(bridge: str = "", linkedid: str = CALLER) -> SeenChannel:
    name = "PJSIP/trunk-00000001"
    return SeenChannel(CALLER, linkedid, name, "x", "1", "+358401", "", "Up", bridge, at(0))


def agent(uniqueid: str, phone: str, bridge: str) -> SeenChannel:
    name = f"PJSIP/{phone}-00000002"
    return SeenChannel(uniqueid, CALLER, name, "", "", "", "", "Up", bridge, at(1))


def waits() -> tuple[WaitingCaller, ...]:
    return (WaitingCaller(CALLER, "stations", 1, at(0.1)),)


def test_a_call_that_lived_through_it_was_not_all_heard() -> None:
    one = heard(*arrive(), join(0.1))
    one.board.lose(NODE)
    one.compare(caller(), waiting=waits())
    one.tell(fact(40, Kind.QUEUE_ABANDONED, CALLER, "stations"), *end(40.1, CALLER))
    assert (one.call.known, one.call.disposition) == (Known.PARTIAL, Disposition.ABANDONED)


def test_a_gateway_that_was_away_has_not_heard_all() -> None:
    before = heard(*arrive(), join(0.1))
    [story] = before.stories.values()
    after = Heard(board())
    after.board.restore(story.facts)
    after.compare(caller(), waiting=waits())
    assert after.call.known is Known.PARTIAL


def test_a_call_that_began_since_was_all_heard() -> None:
    one = heard()
    one.board.lose(NODE)
    one.tell(*arrive(25), join(25.1))
    assert one.compare(caller(), waiting=waits()) == []
    assert one.call.known is Known.LIVE


def test_the_second_snapshot_says_nothing_more() -> None:
    one = heard(*talking())
    one.board.lose(NODE)
    there = caller(BRIDGE), agent(ANNA, "101", BRIDGE)
    assert len(one.compare(*there)) == len(there)
    assert one.compare(*there) == []


def test_whether_a_hold_went_on_was_not_heard() -> None:
    one = heard(*talking(), fact(8, Kind.HOLD_BEGAN, ANNA))
    one.board.lose(NODE)
    one.compare(caller(BRIDGE), agent(ANNA, "101", BRIDGE))
    one.tell(*end(600, CALLER, ANNA))
    assert [(hold.began_at, hold.ended_at) for hold in one.call.holds] == [(at(8), at(BACK))]


def test_an_attended_transfer_in_the_gap_makes_one_call() -> None:
    one = heard(*(told for told in attended() if told.at < at(14)))
    assert len(one.stories) == 2
    one.board.lose(NODE)
    one.compare(caller(SECOND), agent(CARL, "211", SECOND))
    assert [talk.agent for talk in one.call.talks] == ["101", "211"]


def test_so_it_is_after_another_restart() -> None:
    one = heard(*(told for told in attended() if told.at < at(14)))
    one.board.lose(NODE)
    one.compare(caller(SECOND), agent(CARL, "211", SECOND))
    [story] = one.stories.values()
    after = board()
    after.restore(story.facts)
    assert list(after.live_calls()) == [one.call]


def test_a_leg_of_which_only_the_end_of_its_ringing_was_heard_is_over() -> None:
    """app_queue tells of it after the hang-up, which came before we were there."""
    rung = fact(5, Kind.AGENT_RANG_OUT, ANNA, "stations", agent="101", caller=CALLER)
    one = heard(*arrive(), join(0.1), rung, *end(60, CALLER))
    assert one.board.live_channels(NODE) == {}
    assert (one.call.ended_at, one.call.known) == (at(60), Known.PARTIAL)
    assert {leg.uniqueid: leg.ended_at for leg in one.call.legs} == {CALLER: at(60), ANNA: at(5)}


def test_a_leg_that_the_snapshot_finds_after_such_a_fact_lives() -> None:
    left = fact(5, Kind.BRIDGE_LEFT, ANNA, BRIDGE, linkedid=CALLER)
    one = heard(*arrive(), left)
    one.compare(caller(), agent(ANNA, "101", ""))
    one.tell(*end(40, CALLER))
    assert one.call.ended_at is None


CLICKED = "ccg-1795334400.000000007"


def test_a_click_that_was_sent_after_the_question_is_not_missed() -> None:
    """Its channel begins later: a snapshot that was asked for before does not have it."""
    one = heard(fact(BACK + 0.1, Kind.ATTEMPTED, CLICKED, agent="101", dialled="+358401112223"))
    assert one.compare() == []


def test_a_channel_that_begins_was_not_gone() -> None:
    one = heard(fact(BACK - 1, Kind.ATTEMPTED, CLICKED, agent="101", dialled="+358401112223"))
    one.compare()
    assert one.call.ended_at == at(BACK)
    name = "PJSIP/101-00000009"
    one.tell(fact(31, Kind.CHANNEL_CREATED, CLICKED, channel=name, linkedid=CLICKED))
    assert CLICKED in one.board.live_channels(NODE)
    lives = one.call
    assert (lives.ended_at, lives.legs[0].ended_at) == (None, None)
    assert not one.board.has_ended(NODE, CLICKED)
    one.tell(fact(33, Kind.CHANNEL_ENDED, CLICKED, cause="17"))
    assert (one.call.ended_at, one.call.legs[0].cause) == (at(33), 17)
    assert one.board.live_channels(NODE) == {}


def test_an_end_that_is_heard_is_the_end() -> None:
    """Whatever a snapshot missed before."""
    one = heard(*arrive())
    one.compare()
    one.tell(*end(33, CALLER, cause="31"))
    assert (one.call.ended_at, one.call.cause) == (at(33), 31)
