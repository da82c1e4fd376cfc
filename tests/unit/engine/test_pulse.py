"""The pulse, on a loop whose clock jumps to the next timer: hours pass, nobody waits."""

from __future__ import annotations

import asyncio
import selectors
import time
from collections.abc import Coroutine, Sequence
from contextlib import suppress
from datetime import datetime, timedelta

import pytest
from structlog.testing import capture_logs

from ccgateway.agents.agent import Duty
from ccgateway.engine.pulse import Pulse
from ccgateway.engine.queues import Queues
from ccgateway.errors import ActionRefused
from ccgateway.telephony.actions import Action, AddMember, Member, RemoveMember, SetGlobal
from tests.unit.engine.world import NOW, MemoryLink, World

NOON = int(NOW.timestamp())


class Jumping(selectors.DefaultSelector):
    """Never waits for a timer: its clock is put forward instead."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        self.now += timeout or 0.0
        return super().select(0 if timeout is not None else None)


class JumpingLoop(asyncio.SelectorEventLoop):
    """``hold`` is what a blocking call does to a loop."""

    def __init__(self) -> None:
        self._jumping = Jumping()
        super().__init__(self._jumping)

    def time(self) -> float:
        return self._jumping.now

    def hold(self, seconds: float) -> None:
        self._jumping.now += seconds


class LoopClock:
    """engine.ports.Clock: the loop's own time, from NOW on."""

    def now(self) -> datetime:
        return NOW + timedelta(seconds=asyncio.get_running_loop().time())


class TimedLink(MemoryLink):
    """Remembers when it was asked to act. It acts from ``acts_from`` on (seconds of the loop's
    time), and lists members from ``lists_from`` on; before, Asterisk cannot be reached."""

    def __init__(self, acts_from: float = 0.0, lists_from: float = 0.0) -> None:
        super().__init__()
        self.acts_from = acts_from
        self.lists_from = lists_from
        self.asked: list[float] = []

    async def act(self, action: Action) -> None:
        now = asyncio.get_running_loop().time()
        self.asked.append(round(now, 3))
        self.down = now < self.acts_from
        await super().act(action)

    async def members(self) -> Sequence[Member]:
        self.down = asyncio.get_running_loop().time() < self.lists_from
        return await super().members()


def pulse_of(link: MemoryLink) -> Pulse:
    world = World()
    world.engine.desk.attach({"pbx1": link})
    return Pulse(world.engine.desk, {"pbx1": link}, LoopClock(), world.engine)


def run(
    work: Coroutine[object, object, None], seconds: float, holds: dict[float, float] | None = None
) -> None:
    """Let an endless work go on for some seconds of the loop's time. ``holds``: at which time
    the loop is held up, and for how long."""

    async def main() -> None:
        loop = asyncio.get_running_loop()
        assert isinstance(loop, JumpingLoop)
        for at, held in (holds or {}).items():
            loop.call_at(at, loop.hold, held)
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await work

    with asyncio.Runner(loop_factory=JumpingLoop) as runner:
        runner.run(main())


def test_the_heart_beats_each_second() -> None:
    link = TimedLink()
    run(pulse_of(link).beat("pbx1"), 3.5)
    assert link.asked == [0.0, 1.0, 2.0, 3.0]
    assert link.actions == [SetGlobal("CCG_HEARTBEAT", str(NOON + s)) for s in range(4)]


@pytest.mark.parametrize("ahead", [60, -60])
def test_the_heartbeat_is_told_in_asterisks_time(ahead: int) -> None:
    link = TimedLink()
    link.offset = timedelta(seconds=ahead)
    run(pulse_of(link).beat("pbx1"), 0.5)
    assert link.actions == [SetGlobal("CCG_HEARTBEAT", str(NOON + ahead))]


def test_the_first_beat_follows_at_once_on_a_connect() -> None:
    link = TimedLink(acts_from=5.05)
    run(pulse_of(link).beat("pbx1"), 6.5)
    assert len(link.asked) == 53  # ten times a second, then two beats
    assert link.asked[51:] == [5.1, 6.1]
    assert link.actions[0] == SetGlobal("CCG_HEARTBEAT", str(NOON + 5))


def test_members_are_compared_each_minute() -> None:
    link = TimedLink()
    link.there = [Member("stations", "PJSIP/999", "999", dynamic=True, paused=False)]
    run(pulse_of(link).reconcile("pbx1"), 121)
    assert link.asked == [60.0, 120.0]
    assert link.actions == [RemoveMember("stations", "PJSIP/999")] * 2


def test_a_minute_without_asterisk_does_not_end_the_comparing() -> None:
    link = TimedLink(lists_from=70.0, acts_from=130.0)
    link.there = [Member("stations", "PJSIP/999", "999", dynamic=True, paused=False)]
    run(pulse_of(link).reconcile("pbx1"), 185)
    assert link.asked == [120.0, 180.0]
    assert link.actions == [RemoveMember("stations", "PJSIP/999")]


def test_a_queue_that_asterisk_does_not_have_does_not_end_the_comparing() -> None:
    link, world = TimedLink(), World()
    world.engine.restore((), {"101": (Duty.READY, "", NOW)})
    world.engine.attach({"pbx1": link})
    link.fault = ActionRefused("Unable to add interface to queue: No such queue")
    pulse = Pulse(world.engine.desk, {"pbx1": link}, LoopClock(), world.engine)
    with capture_logs() as logs:
        run(pulse.reconcile("pbx1"), 185)
    assert link.actions == [AddMember("stations", "PJSIP/101", "101")] * 3
    [told] = [log["event"] for log in logs if log["log_level"] == "error"]
    assert "add the line [stations](ccg-managed) to queues.conf" in told


def test_midnight_comes_also_while_asterisk_is_away() -> None:
    """Nothing is heard of it, and who watches must not see the figures of yesterday as today's."""
    world = World()
    world.engine.queues = Queues(world.setup, world.feed, LoopClock(), list)

    async def day() -> None:
        world.engine.queues.views()  # somebody watches since the morning
        await world.engine.run()

    run(day(), 14 * 3600 + 60)  # it is 10 o'clock in Helsinki
    told = [
        queue for change in world.feed.of("queue") if isinstance(queue := change["queue"], dict)
    ]
    assert {(queue["name"], queue["today"]["day"]) for queue in told} == {
        ("stations", "2026-11-24"),
        ("ccg-fallback", "2026-11-24"),
    }


async def test_a_blocked_loop_is_late() -> None:
    pulse = pulse_of(MemoryLink())
    asyncio.get_running_loop().call_later(0.05, time.sleep, 0.25)
    with capture_logs() as logs:
        measuring = asyncio.create_task(pulse.measure())
        async with asyncio.timeout(10):
            while pulse.worst_lag_ms <= 100:  # noqa: ASYNC110 - what is awaited is a figure
                await asyncio.sleep(0.02)
        measuring.cancel()
    assert pulse.worst_lag_ms > 100  # it was due 0.1 s after the start, and came after 0.3 s
    assert [log["log_level"] for log in logs] == ["warning"]


def test_the_worst_lag_is_kept() -> None:
    pulse = pulse_of(MemoryLink())
    run(pulse.measure(), 5, holds={1.05: 0.3, 2.05: 0.1})
    assert pulse.worst_lag_ms == pytest.approx(260, abs=60)  # a part of it was sleep anyway
    assert pulse.lag_ms == pytest.approx(0, abs=0.01)


def test_a_loop_that_is_late_again_and_again_is_told_once_a_minute() -> None:
    pulse = pulse_of(MemoryLink())
    late = {1.0: 0.15, 2.0: 0.2, 30.0: 0.5, 40.0: 0.2}
    with capture_logs() as logs:
        run(pulse.measure(), 300, holds=late)
    worst = [log["worst_lag_ms"] for log in logs]
    assert [log["log_level"] for log in logs] == ["warning", "warning"]
    assert 50 <= worst[0] <= 150  # the first at once
    assert pulse.late == len(late)
    assert 400 <= worst[1] <= 500  # then the worst of the minute, and nothing in those without


def test_a_loop_in_time_is_not_told() -> None:
    pulse = pulse_of(MemoryLink())
    with capture_logs() as logs:
        run(pulse.measure(), 300, holds={at + 0.05: 0.06 for at in range(1, 100)})
    assert logs == []
    assert (pulse.worst_lag_ms <= 20, pulse.late) == (True, 0)
