"""What the gateway says of itself in ``/metrics``, once a second."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass

import aiohttp

from ccgateway.rig.closing import Closing
from ccgateway.rig.gateway import Gateway

EVERY_S = 1.0
ANSWER_WITHIN_S = 2.0  # a gateway that hangs is one that says nothing

_LINE = re.compile(r"^ccgateway_(?P<name>\w+?)(?:_total)?(?P<labels>\{[^}]*\})? (?P<value>\S+)$")

Values = Mapping[str, float]
"""Metric -> its value, of all labels together."""


@dataclass(frozen=True, slots=True)
class Sample:
    """``at``: seconds from the beginning; ``values`` is empty where nothing was answered."""

    at: float
    values: Values


class Gauge(Closing):
    """An async context manager; while it lasts ``samples`` grow."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway
        self._began = time.monotonic()
        self._task: asyncio.Task[None] | None = None
        self.samples: list[Sample] = []

    async def _open(self) -> None:
        self._began = time.monotonic()
        self._task = asyncio.create_task(self._keep())

    async def close(self) -> None:
        """Look no more."""
        if self._task:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    @property
    def now(self) -> float:
        """Seconds from the beginning."""
        return time.monotonic() - self._began

    async def read(self) -> Values:
        """All metrics, now; none where the gateway does not answer."""
        headers = {"Authorization": f"Bearer {self._gateway.http_token}"}
        timeout = aiohttp.ClientTimeout(total=ANSWER_WITHIN_S)
        with suppress(aiohttp.ClientError, TimeoutError):
            async with (
                aiohttp.ClientSession(headers=headers, timeout=timeout) as client,
                client.get(f"{self._gateway.url}/metrics") as answer,
            ):
                return parsed((await answer.text()).splitlines()) if answer.ok else {}
        return {}

    def most(self, name: str, since: float) -> float:
        """The largest value since then; 0 where there was none."""
        told = (one.values.get(name, 0.0) for one in self.samples if one.at >= since)
        return max(told, default=0.0)

    async def _keep(self) -> None:
        while True:
            values = await self.read()
            self.samples.append(Sample(self.now, values))
            await asyncio.sleep(EVERY_S)


def parsed(lines: Iterable[str]) -> dict[str, float]:
    """Prometheus' text: the sum of each of our metrics. Pure. AGI sessions that were answered have
    a name of their own: the others are those of attackers, and of callers who left."""
    found: dict[str, float] = {}
    for line in lines:
        match = _LINE.match(line)
        if match:
            name = match["name"]
            if name == "agi_sessions" and 'outcome="answered"' in (match["labels"] or ""):
                name = "agi_answered"
            found[name] = found.get(name, 0.0) + float(match["value"])
    return found
