"""A gateway that ends by itself is noted, and started again."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from ccgateway.rig.chaos.house import House
from ccgateway.rig.chaos.keeper import Keeper
from ccgateway.rig.waiting import until

ENDS = [sys.executable, "-c", "raise SystemExit(7)"]
LIVES = [sys.executable, "-c", "import time; time.sleep(600)"]


class Gateway:
    """Processes that stand for it, one after the other."""

    def __init__(self, log: Path, *commands: list[str]) -> None:
        self.log = log
        self.log.write_text("why it ended\n", encoding="utf-8")
        self._commands = list(commands)
        self.process = self._next()

    def _next(self) -> subprocess.Popen[bytes]:
        return subprocess.Popen(self._commands.pop(0))

    ready_seconds = 10.0

    def spawn(self) -> None:
        self.process = self._next()

    async def answers(self) -> bool:
        return True


@pytest.fixture
def house(tmp_path: Path) -> Iterator[SimpleNamespace]:
    gateway = Gateway(tmp_path / "log", ENDS, LIVES)
    yield SimpleNamespace(gateway=gateway, is_being_ended=False)
    gateway.process.kill()
    gateway.process.wait()


async def test_one_that_ends_by_itself_is_noted_and_started_again(house: SimpleNamespace) -> None:
    async with Keeper(cast("House", house)) as watching:
        await until(lambda: house.gateway.process.args == LIVES, "another one runs")
    [told] = watching.died
    assert told.endswith("ended with 7:\nwhy it ended\n")
