"""A run is over when nothing is left to do; one that does not get there is told what is left."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import cast

import pytest

from ccgateway.rig.chaos import rest
from ccgateway.rig.chaos.gauge import Gauge, Sample, Values
from ccgateway.rig.chaos.rest import at_rest


class Told:
    """A gauge that is told what it reads, a value each second of its own clock."""

    def __init__(self, left: Iterator[float]) -> None:
        self._left = left
        self.now = 0.0
        self.samples: list[Sample] = []

    async def read_on(self, _: float) -> None:
        values: Values = {"spool_facts": next(self._left)}
        self.now += 1
        self.samples.append(Sample(self.now, values))


async def rested(monkeypatch: pytest.MonkeyPatch, left: Iterator[float]) -> tuple[object, float]:
    told = Told(left)
    monkeypatch.setattr(asyncio, "sleep", told.read_on)
    return await at_rest(cast("Gauge", told)), told.now


async def test_it_waits_as_long_as_less_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    slowly = (value for value in range(500, -9, -1))
    found, took = await rested(monkeypatch, (max(0.0, value) for value in slowly))
    assert (found, took) == ({}, 500 + rest.TIMES)


async def test_what_stays_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    stays = (3.0 for _ in range(1000))
    found, took = await rested(monkeypatch, stays)
    assert found == {"spool_facts": 3.0}
    assert took == pytest.approx(rest.QUIET_WITHIN, abs=2)
