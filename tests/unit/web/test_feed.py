"""The live feed: nobody is told less than they think."""

from __future__ import annotations

import asyncio
import tracemalloc
from contextlib import suppress
from typing import Any

import orjson
import pytest

from ccgateway.access.who import Scope
from ccgateway.web import feed as module
from ccgateway.web.feed import Feed, Watcher
from ccgateway.web.live import in_array

ALL = Scope()
OURS = Scope(queues=frozenset({"ours"}))
WITHIN = 20.0  # seconds; for what takes milliseconds on an idle machine


def watcher(feed: Feed, scope: Scope = ALL, after: str = "") -> Watcher:
    found = feed.watch(scope, in_array, lambda: {"queues": []}, after)
    assert found is not None
    return found


def tell(feed: Feed, times: int = 1, queue: str = "theirs") -> None:
    for _ in range(times):
        view = {"name": queue, "services": [], "clients": []}
        feed.publish({"type": "queue", "queue": view})


async def told(who: Watcher) -> list[dict[str, Any]]:
    changes: list[dict[str, Any]] = orjson.loads(await who.next())
    return changes


async def test_who_come_at_once_are_shown_what_was_made_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """After a restart all pages do; while nothing was told it is as it was."""
    feed, made = Feed(), 0

    def snapshot() -> dict[str, object]:
        nonlocal made
        made += 1
        rows: list[dict[str, object]] = [
            {"name": name, "services": [], "clients": []} for name in ("ours", "theirs")
        ]
        return {"at": str(made), "queues": rows, "backlog": 0}

    async def shown(scope: Scope) -> tuple[object, list[str], bool]:
        found = feed.watch(scope, in_array, snapshot)
        assert found is not None
        [whole] = await told(found)
        assert whole == {"type": "snapshot", **feed.state(snapshot, scope)}
        return whole["id"], [queue["name"] for queue in whole["queues"]], "backlog" in whole

    monkeypatch.setattr(module, "FRESH_S", 60.0)
    for _ in range(3):
        assert await shown(ALL) == (f"{feed.epoch}:0", ["ours", "theirs"], True)
        assert await shown(OURS) == (f"{feed.epoch}:0", ["ours"], False)
    assert made == 1
    tell(feed)
    assert (await shown(ALL))[0] == f"{feed.epoch}:1"
    assert made == 2
    monkeypatch.setattr(module, "FRESH_S", 0.0)
    feed.state(snapshot, OURS)
    assert made == 3
    feed.close()


async def test_who_falls_behind_between_two_wakes_gets_no_gap(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "KEPT", 10)
    monkeypatch.setattr(module, "GATHER_S", 60.0)
    feed = Feed()
    slow = watcher(feed)
    await told(slow)  # the snapshot; and then they are busy with it
    tell(feed, 11)
    coming = asyncio.ensure_future(told(slow))
    async with asyncio.timeout(WITHIN):
        await slow.gone.wait()
    assert not coming.done()
    assert (feed.watchers, feed.dropped) == (0, 1)
    coming.cancel()
    feed.close()


async def test_who_comes_back_before_anybody_wakes_gets_what_was_missed() -> None:
    """What was said to who had seen all is not said again once there is more."""
    feed = Feed()
    first = watcher(feed)
    await told(first)
    with suppress(TimeoutError):  # they wait for more
        await asyncio.wait_for(first.next(), 0.01)
    feed.leave(first)
    tell(feed)  # while nobody watches
    again = watcher(feed, after=f"{feed.epoch}:0")
    async with asyncio.timeout(WITHIN):
        assert [change["type"] for change in await told(again)] == ["resumed"]
        assert [change["id"] for change in await told(again)] == [f"{feed.epoch}:1"]
    feed.close()


async def test_what_a_scope_hides_is_silence(monkeypatch: pytest.MonkeyPatch) -> None:
    """A page that hears nothing for 12 s believes that it is cut off."""
    monkeypatch.setattr(module, "BEAT_S", 0.1)
    monkeypatch.setattr(module, "GATHER_S", 0.001)
    feed = Feed()
    ours = watcher(feed, OURS)
    await told(ours)

    async def busy() -> None:
        while True:
            tell(feed)
            await asyncio.sleep(0.005)

    others = asyncio.create_task(busy())
    async with asyncio.timeout(WITHIN):
        (beat,) = await told(ours)
    assert beat["type"] == "beat"
    others.cancel()
    feed.close()


async def test_a_beat_is_no_place_beyond_what_was_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who is cut off after it would never be told what was on its way."""
    monkeypatch.setattr(module, "BEAT_S", 0.01)
    monkeypatch.setattr(module, "GATHER_S", 60.0)
    feed = Feed()
    who = watcher(feed)
    await told(who)
    beating = asyncio.ensure_future(told(who))
    await asyncio.sleep(0)
    tell(feed)  # gathered, not told yet
    (beat,) = await beating
    assert (beat["type"], beat["id"]) == ("beat", f"{feed.epoch}:0")
    feed.close()


async def test_many_who_come_back_from_everywhere_take_no_memory() -> None:
    """Each to another place, in a quiet hour: there is no wake to forget what was made for them."""
    feed = Feed()
    tell(feed, module.MOST_AT_ONCE, queue="x" * 1_000)
    one = len(feed.batch(0, ALL, in_array)[1])
    tracemalloc.start()
    try:
        for number in range(4 * module.BATCHES):
            feed.batch(number, ALL, in_array)
        held, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert held < 1.5 * module.BATCHES * one


def test_what_was_told_is_kept_in_no_more_memory_than_it_is_long() -> None:
    feed = Feed()
    tracemalloc.start()
    try:
        tell(feed, module.MOST_AT_ONCE)
        before, _ = tracemalloc.get_traced_memory()
        texts = feed.batch(0, ALL, lambda messages: b"".join(text for _, text in messages))[1]
        held, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert held - before < 4 * len(texts)  # each by itself, and this batch of them
