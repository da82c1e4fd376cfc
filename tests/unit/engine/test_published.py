"""The globals: all after a connect, then at each full minute what changed, and after it the others.
No real time passes."""

from __future__ import annotations

import asyncio
from datetime import time
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from structlog.testing import capture_logs

from ccgateway.engine.published import Published
from ccgateway.errors import ActionRefused
from ccgateway.routing.service import Service
from ccgateway.routing.tier import OnCall, Target
from ccgateway.routing.tiers import globals_of
from ccgateway.routing.week import Hours
from ccgateway.telephony.actions import Action, SetGlobal
from tests.unit.engine.test_pulse import LoopClock, TimedLink, run
from tests.unit.engine.world import NOW

# NOW is a Monday, 10:00 in Helsinki.
BEFORE = Hours(frozenset(range(7)), time(8), time(10, 5))
ROTA = Target("vendor", 4, 3, on_call=(OnCall("+3581", (BEFORE,)), OnCall("+3582")))
SERVICE = Service(
    id="hotline",
    client="oilco",
    name="Hot line",
    dids=("1000",),
    queue="stations",
    timezone=ZoneInfo("Europe/Helsinki"),
    targets=(ROTA,),
)
PHONES = ["PJSIP/101", "PJSIP/102"]
ALL = [SetGlobal(name, value) for name, value in globals_of([SERVICE], NOW, PHONES).items()]


def published() -> Published:
    return Published([SERVICE], LoopClock(), PHONES)


def test_what_the_rota_changes_is_told_to_the_second() -> None:
    link = TimedLink()
    run(published().keep("pbx1", {"pbx1": link}), 400)
    assert link.actions[: len(ALL)] == ALL
    change = SetGlobal("CCG_TARGET_hotline_4", "vendor|3||+3582|30|back|10|")
    assert link.asked[link.actions.index(change)] == 300.0  # at 10:05
    assert link.actions[link.asked.index(300.0)] == change  # before all that has not changed


def test_all_are_told_again_each_minute_for_a_reload_may_have_lost_them() -> None:
    link = TimedLink()
    run(published().keep("pbx1", {"pbx1": link}), 119)
    assert link.actions == ALL + ALL
    again = link.asked[len(ALL) :]
    assert again[0] > 60.0
    pauses = [after - before for before, after in pairwise(again)]
    assert min(pauses) >= 0.01  # never a flood


def test_a_great_many_are_told_again_within_half_the_minute() -> None:
    link = TimedLink()
    phones = [f"PJSIP/{number}" for number in range(5000)]
    run(Published([SERVICE], LoopClock(), phones).keep("pbx1", {"pbx1": link}), 119)
    assert len(link.actions) > 10_000
    assert link.asked[-1] < 91.0


def test_while_asterisk_is_away_it_is_tried_once_a_second() -> None:
    link = TimedLink(acts_from=4.5)
    run(published().keep("pbx1", {"pbx1": link}), 30)
    assert link.asked[:5] == [0.0, 1.0, 2.0, 3.0, 4.0]
    assert link.actions == ALL
    assert link.asked[5:] == [5.0] * len(ALL)


def test_each_connect_brings_all_of_them_at_once() -> None:
    link = TimedLink()
    keeper = published()

    async def work() -> None:
        asyncio.get_running_loop().call_later(7.25, keeper.connected, "pbx1")
        await keeper.keep("pbx1", {"pbx1": link})

    run(work(), 30)
    assert link.actions == ALL + ALL
    assert link.asked[len(ALL) :] == [7.25] * len(ALL)


def test_the_first_connect_is_not_waited_out() -> None:
    """Callers of the first second shall find the lines."""
    link = TimedLink(acts_from=0.3)
    keeper = published()

    async def work() -> None:
        asyncio.get_running_loop().call_later(0.3, keeper.connected, "pbx1")
        await keeper.keep("pbx1", {"pbx1": link})

    run(work(), 30)
    assert link.asked == [0.0] + [0.3] * len(ALL)


@pytest.mark.parametrize("name", ["CCG_FIRST_hotline"])
def test_one_that_is_refused_is_tried_each_minute_and_logged_once(name: str) -> None:
    class Refusing(TimedLink):
        async def act(self, action: Action) -> None:
            await super().act(action)
            if isinstance(action, SetGlobal) and action.name == name:
                raise ActionRefused("no")

    link = Refusing()
    with capture_logs() as logs:
        run(published().keep("pbx1", {"pbx1": link}), 125)
    refused = [a for a in link.actions if isinstance(a, SetGlobal) and a.name == name]
    assert len(refused) == 3
    assert [entry["name"] for entry in logs] == [name]
