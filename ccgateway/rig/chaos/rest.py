"""When all is quiet again after a run: nothing is under way, written, or read any more."""

from __future__ import annotations

import asyncio
import math

from ccgateway.rig.chaos.gauge import EVERY_S, Gauge, Values

QUIET_WITHIN = 120.0  # seconds without any progress: what goes on once a minute had its turn
BUSY = (
    "calls_live",
    "backlog",
    "unwritten_facts",
    "spool_facts",
    "journals_behind_bytes",
    "journals_waiting_calls",
)
"""Metrics that are 0 then."""

TIMES = 4
"""So often in a row: between what is read and what is known to wait there is a moment."""


def busy(values: Values) -> dict[str, float]:
    """What is not quiet yet; all of it where the gateway says nothing. Pure."""
    if not values:
        return dict.fromkeys(BUSY, -1.0)
    return {name: values[name] for name in BUSY if values.get(name)}


async def at_rest(gauge: Gauge) -> dict[str, float]:
    """Wait for it as long as what is left gets less; what is still busy then, else nothing."""
    quiet, seen = 0, len(gauge.samples)
    left: dict[str, float] = {}
    least, since = math.inf, gauge.now
    while quiet < TIMES and gauge.now < since + QUIET_WITHIN:
        await asyncio.sleep(EVERY_S / 2)
        if len(gauge.samples) == seen:
            continue
        seen = len(gauge.samples)
        left = busy(gauge.samples[-1].values)
        quiet = 0 if left else quiet + 1
        if 0 <= sum(left.values()) < least:
            least, since = sum(left.values()), gauge.now
    return left
