"""Whose call is it that rings? The crew's phones know it by the number that they show."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any, cast

import pytest

from ccgateway.rig import scene as scenes
from ccgateway.rig.crew import whose
from ccgateway.rig.errors import RigError
from ccgateway.rig.plan import Kind, Planned
from ccgateway.rig.scene import Scene
from ccgateway.rig.sipp import Caller

T0 = datetime(2026, 11, 22, 22, 49, 49, tzinfo=UTC)


def scene(number: str, **began: float) -> Scene:
    """``began``: when which phone's call in it began, in seconds."""
    made = Scene(cast("Any", None), Planned(Kind.WARM, Caller(number, "1010", 0)))
    for phone, seconds in began.items():
        line = SimpleNamespace(user=phone.removeprefix("a"))
        begun_at = T0 + timedelta(seconds=seconds)
        made.calls.append(cast("Any", SimpleNamespace(line=line, is_over=False, begun_at=begun_at)))
    return made


def test_the_customers_number_is_shown() -> None:
    first, second = scene("+358401", a202=0), scene("+358402", a203=1)
    assert whose([first, second], "+358402") is second
    assert whose([first, second], "+358403") is None


def test_an_agent_asks_about_whom_he_took_last() -> None:
    """The customer before was transferred, and is still on his phone."""
    transferred, asks = scene("+358401", a202=0), scene("+358402", a202=4)
    assert whose([transferred, asks], "202") is asks
    assert whose([asks, transferred], "202") is asks


def test_an_agent_whose_calls_are_over_asks_about_nobody() -> None:
    over = scene("+358401", a202=0)
    cast("Any", over.calls[0]).is_over = True
    assert whose([over], "202") is None


async def test_who_waits_for_a_phone_too_long_is_left_out_and_takes_nothing_meanwhile(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(scenes, "FREE_WITHIN", 0.05)
    made = scene("+358401")
    made.crew = cast("Any", SimpleNamespace(locks={221: asyncio.Lock()}))

    async def act(scene: Scene) -> None:
        async with scene.reserved(221):
            pytest.fail("another has it")

    async with made.crew.locks[221]:
        with pytest.raises(RigError, match="left out: 221 is not free"):
            await made.play(act)
    assert (made.asked, made.truth) == ([], [])
    assert not made.crew.locks[221].locked()
    assert [one.number for one in scene("+358402").asked] == ["+358402"]
