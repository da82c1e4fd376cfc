"""Today's figures: what counts as what, and as what it counts once more is known."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ccgateway.calls.call import Call, Leg, Role, Visit, VisitEnd
from ccgateway.figures.day import Day, service_level
from ccgateway.figures.stay import Stay, stays
from ccgateway.figures.today import Today

HELSINKI = ZoneInfo("Europe/Helsinki")
NOON = datetime(2026, 11, 23, 12, tzinfo=HELSINKI)
ENDS = [end for end in VisitEnd if end is not VisitEnd.WAITING]


def stay(end: VisitEnd, wait_s: float, joined_at: datetime = NOON, queue: str = "stations") -> Stay:
    return Stay(queue, joined_at, wait_s, end)


def figures(*its: Stay) -> dict[str, Any]:
    day = Day()
    for one in its:
        day.add(one)
    return day.view()


def visit(end: VisitEnd, after_s: float | None, uniqueid: str = "1.1", **more: Any) -> Visit:
    left_at = None if after_s is None else NOON + timedelta(seconds=after_s)
    return Visit("stations", 0, NOON, left_at=left_at, end=end, uniqueid=uniqueid, **more)


def test_a_day_as_a_supervisor_counts_it() -> None:
    told = figures(
        stay(VisitEnd.ANSWERED, 3.0),
        stay(VisitEnd.ANSWERED, 20.0),
        stay(VisitEnd.ANSWERED, 20.1),
        stay(VisitEnd.ABANDONED, 4.9),
        stay(VisitEnd.ABANDONED, 5.0),
        stay(VisitEnd.ABANDONED, 61.26),
        stay(VisitEnd.TIMED_OUT, 60.0),
        stay(VisitEnd.FULL, 0.0),
        stay(VisitEnd.EMPTY, 0.0),
    )
    assert told == {
        "offered": 7,
        "answered": 3,
        "answered_in_time": 2,
        "abandoned": 3,
        "abandoned_in_time": 2,
        "short_abandons": 1,
        "left": 1,
        "refused": 2,
        "longest_wait_s": 61.3,
        "service_level": 0.4,  # 2 / (7 - 2)
        "in_time_s": 20.0,
        "short_s": 5.0,
        "formula": "answered within 20 s ÷ (offered - abandoned within 20 s)",
    }


def test_who_had_to_leave_as_all_agents_left_was_offered() -> None:
    """The queue let them in, and they waited."""
    told = figures(stay(VisitEnd.EMPTY, 31.0))
    assert (told["offered"], told["left"], told["refused"]) == (1, 1, 0)


@pytest.mark.parametrize(
    ("answered_in_time", "offered", "abandoned_in_time", "expected"),
    [(0, 0, 0, None), (0, 3, 3, None), (0, 1, 0, 0.0), (80, 100, 0, 0.8), (2, 3, 0, 0.6667)],
)
def test_the_service_level(
    answered_in_time: int, offered: int, abandoned_in_time: int, expected: float | None
) -> None:
    assert service_level(answered_in_time, offered, abandoned_in_time) == expected


STAYS = st.builds(stay, st.sampled_from(ENDS), st.sampled_from([0.0, 1.0, 5.0, 20.0, 20.5, 300.0]))


@given(st.lists(STAYS), st.lists(STAYS))
def test_what_is_taken_out_leaves_no_trace(kept: list[Stay], taken: list[Stay]) -> None:
    day = Day()
    for one in [*taken, *kept]:
        day.add(one)
    for one in taken:
        day.remove(one)
    assert day.view() == figures(*kept)


@given(st.lists(STAYS))
def test_everybody_is_counted_once(its: list[Stay]) -> None:
    told = figures(*its)
    assert told["offered"] == told["answered"] + told["abandoned"] + told["left"]
    assert told["offered"] + told["refused"] == len(its)
    assert told["service_level"] is None or 0 <= told["service_level"] <= 1


class TestStays:
    def test_only_the_caller_waits(self) -> None:
        """An agent who consults stands in a queue too (warm)."""
        legs = (Leg("1.1", "PJSIP/trunk-1", Role.CALLER, NOON), Leg("1.2", "P", Role.AGENT, NOON))
        visits = (visit(VisitEnd.ANSWERED, 9), visit(VisitEnd.ABANDONED, 7, "1.2"))
        call = Call(UUID(int=1), "pbx1", NOON, legs=legs, visits=visits)
        assert list(stays(call)) == [stay(VisitEnd.ANSWERED, 9.0)]

    def test_who_waits_still_is_not_counted(self) -> None:
        call = Call(UUID(int=1), "pbx1", NOON, visits=(visit(VisitEnd.WAITING, None),))
        assert list(stays(call)) == []

    def test_the_wait_ends_with_the_answer(self) -> None:
        """app_queue tells the leaving before the answer, or after a greeting."""
        answered = visit(VisitEnd.ANSWERED, 12, answered_at=NOON + timedelta(seconds=10))
        call = Call(UUID(int=1), "pbx1", NOON, visits=(answered,))
        assert [one.wait_s for one in stays(call)] == [10.0]

    def test_an_unseen_end_counts_no_wait(self) -> None:
        call = Call(UUID(int=1), "pbx1", NOON, visits=(visit(VisitEnd.UNKNOWN, None),))
        assert list(stays(call)) == [stay(VisitEnd.UNKNOWN, 0.0)]


class TestToday:
    def today(self) -> Today:
        return Today({"stations": HELSINKI, "night": ZoneInfo("UTC")})

    def test_more_is_known_later(self) -> None:
        """QUEUE_LEFT comes before AgentConnect: for a moment the caller has just left."""
        today = self.today()
        assert today.put("c", [stay(VisitEnd.LEFT, 9)], NOON) == {"stations"}
        assert today.put("c", [stay(VisitEnd.ANSWERED, 9)], NOON) == {"stations"}
        assert today.put("c", [stay(VisitEnd.ANSWERED, 9)], NOON) == set()
        told = today.view("stations", NOON)
        assert (told["offered"], told["answered"], told["left"]) == (1, 1, 0)

    def test_a_call_that_went_into_another_is_counted_there(self) -> None:
        today = self.today()
        today.put("old", [stay(VisitEnd.ANSWERED, 9)], NOON)
        today.put("new", [stay(VisitEnd.ANSWERED, 9)], NOON)
        assert today.forget("old", NOON) == {"stations"}
        assert today.view("stations", NOON)["offered"] == 1

    def test_a_day_is_the_queues_own(self) -> None:
        """At half past ten in the evening, UTC, it is tomorrow in Helsinki."""
        late = datetime(2026, 11, 23, 22, 30, tzinfo=UTC)
        today = self.today()
        both = [stay(VisitEnd.ANSWERED, 9, late, queue) for queue in ("stations", "night")]
        today.put("c", both, late)
        told = {queue: today.view(queue, late) for queue in ("stations", "night")}
        assert [(d["day"], d["timezone"], d["offered"]) for d in told.values()] == [
            ("2026-11-24", "Europe/Helsinki", 1),
            ("2026-11-23", "UTC", 1),
        ]

    def test_the_day_turns(self) -> None:
        today = self.today()
        today.put("c", [stay(VisitEnd.ANSWERED, 9)], NOON)
        midnight = NOON.replace(hour=0) + timedelta(days=1)
        assert today.turned(midnight - timedelta(seconds=1)) == set()
        assert today.turned(midnight) == {"stations"}
        assert today.view("stations", midnight)["offered"] == 0
        assert today.turned(midnight) == set()

    def test_what_began_yesterday_does_not_count_today(self) -> None:
        today = self.today()
        midnight = NOON.replace(hour=0) + timedelta(days=1)
        late = stay(VisitEnd.ANSWERED, 9, midnight - timedelta(seconds=5))
        today.put("c", [stay(VisitEnd.LEFT, 1, late.joined_at)], late.joined_at)
        assert today.put("c", [late], midnight) == set()
        assert today.view("stations", midnight)["offered"] == 0

    def test_a_queue_that_is_put_back_goes_on_with_its_day(self) -> None:
        """A reload took it out by mistake, and another one mended that."""
        today = self.today()
        today.put("early", [stay(VisitEnd.ANSWERED, 9)], NOON)
        today.put("old", [stay(VisitEnd.LEFT, 9)], NOON)
        today.renew({"night": ZoneInfo("UTC")})
        assert today.put("old", [stay(VisitEnd.ANSWERED, 9)], NOON) == set()
        assert today.put("meanwhile", [stay(VisitEnd.ABANDONED, 9)], NOON) == set()
        today.renew({"stations": HELSINKI, "night": ZoneInfo("UTC")})
        told = today.view("stations", NOON)
        assert (told["offered"], told["answered"], told["abandoned"]) == (3, 2, 1)

    def test_a_queue_that_was_taken_out_is_forgotten_with_its_day(self) -> None:
        today = self.today()
        today.put("c", [stay(VisitEnd.ANSWERED, 9)], NOON)
        today.renew({"night": ZoneInfo("UTC")})
        assert today.turned(NOON + timedelta(days=1)) == set()
        today.renew({"stations": HELSINKI})
        assert today.turned(NOON + timedelta(days=1)) == set()
        assert today.view("stations", NOON + timedelta(days=1))["offered"] == 0

    def test_a_queue_that_is_none_of_ours_is_not_counted(self) -> None:
        assert self.today().put("c", [stay(VisitEnd.ANSWERED, 9, queue="x")], NOON) == set()
