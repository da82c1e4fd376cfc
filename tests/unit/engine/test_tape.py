"""The tape: the last of what was heard, bounded, for who follows it."""

from __future__ import annotations

import asyncio
import tracemalloc
from datetime import UTC, datetime

import pytest

from ccgateway.calls.board import Ours
from ccgateway.calls.recorded import Ami, Heard, head_of, heard_of
from ccgateway.engine.ports import Beat, FellBehind, LinkChange
from ccgateway.engine.setup import Setup
from ccgateway.engine.tape import Tape
from ccgateway.telephony.facts import Fact, Kind, Source

NOW = datetime(2026, 11, 22, 8, tzinfo=UTC)


class Clock:
    def now(self) -> datetime:
        return NOW


def tape(keep: int = 100_000) -> Tape:
    ours = {"pbx1": Ours({"stations"}, {"from-phones"}, {"PJSIP/101": "101"})}
    return Tape(Setup(["pbx1"], [], [], frozenset({"stations"}), ours), Clock(), keep)


def event(number: int) -> Heard:
    return Heard("pbx1", NOW, Ami([("Event", "Hangup"), ("Uniqueid", f"1.{number}")]))


async def lines(kept: Tape, *, last: bool = True, seconds: float = 0) -> list[bytes]:
    pieces = [piece async for piece in kept.follow(last=last, seconds=seconds)]
    return b"".join(pieces).splitlines()


def uniqueids(told: list[bytes]) -> list[str]:
    head = head_of(told[0])
    values = [heard_of(line, head.ours).value for line in told[1:] if line]
    return [dict(value.headers)["Uniqueid"] for value in values if isinstance(value, Ami)]


async def test_the_last_is_told_with_a_head() -> None:
    kept = tape()
    for number in range(3):
        kept.hear(event(number))
    told = await lines(kept)
    assert head_of(told[0]).ours["pbx1"].phones == {"PJSIP/101": "101"}
    assert uniqueids(told) == ["1.0", "1.1", "1.2"]
    assert await lines(kept, last=False) == told[:1]


def test_its_lines_take_no_more_memory_than_they_are_long() -> None:
    kept = tape(keep=1_000_000)
    kept.hear(event(0))
    tracemalloc.start()
    try:
        for number in range(1_000):
            kept.hear(event(number))
        taken, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert taken < 300_000  # lines of 100 bytes, with what Python needs for each


async def test_it_keeps_no_more_than_it_may() -> None:
    kept = tape(keep=2_000)
    for number in range(1_000):
        kept.hear(event(number))
    told = await lines(kept)
    assert sum(map(len, told[1:])) <= 2_000
    assert uniqueids(told)[-1] == "1.999"


async def test_who_follows_hears_what_comes() -> None:
    kept = tape()
    kept.hear(event(0))
    following = kept.follow(last=False, seconds=60)
    assert b"recording" in await anext(following)
    kept.hear(event(1))
    kept.hear(event(2))
    assert uniqueids(
        [b'{"recording":1,"nodes":{"pbx1":{}}}', *(await anext(following)).splitlines()]
    ) == [
        "1.1",
        "1.2",
    ]
    waiting = asyncio.ensure_future(anext(following))
    await asyncio.sleep(0)
    kept.hear(event(3))
    assert b"1.3" in await waiting
    await following.aclose()


async def test_who_reads_too_slowly_is_told_so() -> None:
    kept = tape(keep=2_000)
    kept.hear(event(0))
    following = kept.follow(last=True, seconds=60)
    await anext(following)
    for number in range(1_000):
        kept.hear(event(number))
    with pytest.raises(FellBehind):
        await anext(following)


async def test_what_the_loop_is_told_is_on_it_but_asterisks_own_words_only_once() -> None:
    kept = tape()
    ours = Fact("pbx1", Kind.ROUTED, "1.1", NOW, source=Source.SELF, detail={"goal": "queue"})
    kept.put(ours)
    kept.put(Fact("pbx1", Kind.CHANNEL_ENDED, "1.1", NOW))
    kept.put(Beat("pbx1", NOW))
    kept.put(LinkChange("pbx1", up=False, at=NOW, cause="cut"))
    told = await lines(kept)
    values = [heard_of(line, {"pbx1"}).value for line in told[1:]]
    assert values[0] == ours
    assert [value.kind for value in values if isinstance(value, Fact)] == [
        Kind.ROUTED,
        Kind.LINK_DOWN,
    ]


async def test_what_cannot_be_written_down_costs_that_only() -> None:
    kept = tape()
    kept.hear(Heard("pbx1", NOW, Ami([("Event", "\ud800")])))
    kept.hear(event(1))
    assert uniqueids(await lines(kept)) == ["1.1"]
