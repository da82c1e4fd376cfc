"""What the tests of running calls stand on."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress

import pytest

from tests.unit.engine.exchange import Lines


@pytest.fixture
async def world() -> AsyncIterator[Lines]:
    """The world, and its loop runs."""
    lines = Lines()
    loop = asyncio.create_task(lines.engine.run())
    yield lines
    loop.cancel()
    with suppress(asyncio.CancelledError):
        await loop
