"""Figures of today begin anew at midnight: a test of them waits until that is over."""

from __future__ import annotations

import asyncio
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

ZONE = ZoneInfo("Europe/Helsinki")
"""Of all services of the rig."""

NEAR = timedelta(seconds=60)
"""More than such a test takes."""


async def not_at_midnight() -> None:
    """Return at once, or just after midnight."""
    now = datetime.now(ZONE)
    midnight = datetime.combine(now.date() + timedelta(days=1), time(), ZONE)
    left = midnight.timestamp() - now.timestamp()
    if left < NEAR.total_seconds():
        await asyncio.sleep(left + 1)
