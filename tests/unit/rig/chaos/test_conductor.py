"""A fault that does not bite is tried again, a few times: another has away what it is to break."""

from __future__ import annotations

from types import SimpleNamespace
from typing import ClassVar, cast

import pytest

from ccgateway.rig.chaos import conductor
from ccgateway.rig.chaos.conductor import TRIES, Conductor
from ccgateway.rig.chaos.fault import Fault
from ccgateway.rig.chaos.gauge import Gauge
from ccgateway.rig.chaos.house import House
from ccgateway.rig.chaos.schedule import Due, Kind
from ccgateway.rig.errors import RigError

DUE = Due(0.0, Kind.CUT, 0.001)


class Moody(Fault):
    """It bites when ``answers`` says so: a proof, '' for none, None for trouble."""

    answers: ClassVar[list[str | None]] = []
    healed: ClassVar[int] = 0

    async def inject(self) -> None:
        if self.answers[0] is None:
            self.answers.pop(0)
            raise RigError("no link")

    async def heal(self) -> None:
        Moody.healed += 1

    async def bit(self) -> str:
        return self.answers.pop(0) or ""


async def played(monkeypatch: pytest.MonkeyPatch, *answers: str | None) -> list[str]:
    monkeypatch.setattr(Moody, "answers", list(answers))
    monkeypatch.setattr(Moody, "healed", 0)
    monkeypatch.setattr(conductor, "FAULTS", {Kind.CUT: Moody})
    gauge = cast("Gauge", SimpleNamespace(now=1.0, samples=[]))
    one = Conductor(cast("House", None), gauge, lambda _: None)
    await one.play([DUE])
    return [done.proof or done.trouble for done in one.injected]


async def test_one_that_bites_is_injected_once(monkeypatch: pytest.MonkeyPatch) -> None:
    assert await played(monkeypatch, "cut") == ["cut"]


async def test_one_that_does_not_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    assert await played(monkeypatch, "", None, "cut") == ["", "no link", "cut"]
    assert Moody.healed == 3


async def test_it_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    assert await played(monkeypatch, *[""] * 9) == [""] * TRIES
