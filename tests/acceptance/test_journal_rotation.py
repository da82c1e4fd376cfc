"""A real Asterisk's journals, while calls go on and its files are rotated in every usual way: each
channel and each stay in a queue is read once, and strangers write nothing into them."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
from collections import Counter
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from ccgateway.app import WallClock
from ccgateway.journal.follow import FILES, Follower
from ccgateway.journal.intake import Intake
from ccgateway.rig.asterisk import RigAsterisk
from ccgateway.rig.phone.outside import Outside
from ccgateway.rig.waiting import until
from ccgateway.telephony.facts import Kind, Source
from tests.adapters.journal_store import Kept
from tests.scenarios.ami_tape import Tape

pytestmark = [pytest.mark.acceptance, pytest.mark.long]

HOTLINE = "1000"  # without a gateway: the static queue, in which nobody answers
TIME = "2026-11-22T18:36:54.253478"
STRANGERS = {
    "line": "1%0d%0a1795372983%7c55.5%7cq%7c101%7cCONNECT%7c1%7c66.6%7c1%0d%0a",
    "record": f"2%0a%22{TIME}%22%2c%22HANGUP%22%2c%2255.5%22",
    "quote": "3%22%2c%22",
    "bar": "4%7c5%7c6",
    "nul": "5%006",
}
NAMES = {"line": 'a\\"b,c', "record": "ä|ö", "quote": "]]", "bar": "${EPOCH}", "nul": "x"}

Rotate = Callable[[RigAsterisk], Awaitable[None]]


def files(asterisk: RigAsterisk) -> list[Path]:
    return [asterisk.log.parent / file for file in FILES.values()]


async def nothing(asterisk: RigAsterisk) -> None:
    """The first calls."""


async def renamed(asterisk: RigAsterisk) -> None:
    """logrotate with postrotate."""
    for path in files(asterisk):
        path.rename(path.with_name(f"{path.name}-20261122"))
    await asyncio.sleep(0.3)  # queue_log's handle is still that of the old file
    await asterisk.rx("logger reload")


async def copied(asterisk: RigAsterisk) -> None:
    """logrotate with copytruncate."""
    for path in files(asterisk):
        shutil.copy(path, path.with_name(f"{path.name}.1"))
        os.truncate(path, 0)


async def by_asterisk(asterisk: RigAsterisk) -> None:
    """Its own command, for queue_log."""
    await asterisk.rx("logger rotate")


ROTATIONS: tuple[Rotate, ...] = (nothing, renamed, copied, by_asterisk, nothing)


async def callers(outside: Outside, count: int) -> None:
    """Strangers and others wait in the queue, and hang up."""
    calls = [
        await outside.phone(number, name=NAMES[kind]).dial(HOTLINE)
        for kind, number in STRANGERS.items()
    ]
    calls += [await outside.phone(f"+35840111{n:04}").dial(HOTLINE) for n in range(count)]
    # Whom Asterisk refuses is none of this test.
    await asyncio.gather(*(call.answered() for call in calls), return_exceptions=True)
    await asyncio.gather(*(call.hang_up() for call in calls if not call.is_over))


@pytest.mark.parametrize("dies", [False, True], ids=["it lives", "it dies between"])
async def test_each_is_read_once(rig_asterisk: RigAsterisk, *, dies: bool) -> None:
    kept = Kept()
    intake = Intake(kept, ["pbx1"], WallClock())

    def following() -> asyncio.Task[None]:
        return asyncio.create_task(
            Follower("pbx1", rig_asterisk.log.parent, intake, away=()).keep()
        )

    task = following()
    await until(lambda: len(kept.positions) == 2, "both are followed")
    async with Tape(rig_asterisk) as tape, Outside(rig_asterisk) as outside:
        for rotate in ROTATIONS:
            await callers(outside, 2)
            if dies:
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)
            await asyncio.gather(rotate(rig_asterisk), callers(outside, 2))
            task = following() if dies else task
        told = [json.loads(line) for line in await tape.finish()]
    # Not of Newchannel: there a stranger's line break still cuts the event.
    born = Counter(event["Uniqueid"] for event in told if event["Event"] == "Hangup")
    joined = Counter(event["Uniqueid"] for event in told if event["Event"] == "QueueCallerJoin")
    assert len(joined) >= 20

    def seen(source: Source, kind: Kind) -> Counter[str]:
        return Counter(fact.subject for fact in kept.facts["pbx1", source] if fact.kind is kind)

    await until(lambda: seen(Source.CEL, Kind.CHANNEL_ENDED) == born, "all ends", seconds=20)
    assert seen(Source.CEL, Kind.CHANNEL_CREATED) == born
    await until(
        lambda: seen(Source.QUEUE_LOG, Kind.QUEUE_ABANDONED) == joined, "all stays", seconds=20
    )
    assert seen(Source.QUEUE_LOG, Kind.QUEUE_JOINED) == joined
    assert {fact.subject for facts in kept.facts.values() for fact in facts} <= born.keys()
    assert (intake.odd, kept.lost) == (Counter(), [])
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
