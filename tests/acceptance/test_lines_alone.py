"""Three lines by dialplan alone: no gateway runs, nor ever did. Who hears whom is told by ear."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping

import pytest
import pytest_asyncio

from ccgateway.rig.installs import Install
from tests.acceptance import alone_buttons, alone_keys, alone_warm
from tests.acceptance.desks import Desk, desks

pytestmark = pytest.mark.acceptance

CASES: Mapping[str, Callable[[Desk], Awaitable[None]]] = {
    name: play
    for module in (alone_keys, alone_warm, alone_buttons)
    for name, play in vars(module).items()
    if inspect.iscoroutinefunction(play) and play.__module__ == module.__name__
    if not name.startswith("_")
}
"""Every public coroutine function that these modules define."""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def played(
    install: Install, request: pytest.FixtureRequest
) -> AsyncIterator[Mapping[str, asyncio.Task[None]]]:
    """The cases that were asked for, each at the next desk that is free, side by side."""
    wanted = [item.name for item in request.session.items]
    asked = [name for name in CASES if f"test_lines_alone[{name}]" in wanted]
    async with desks(install) as places:
        free: asyncio.Queue[Desk] = asyncio.Queue()
        for desk in places:
            free.put_nowait(desk)
        tasks = {name: asyncio.create_task(_play(name, free)) for name in asked}
        yield tasks
        await asyncio.gather(*tasks.values(), return_exceptions=True)


async def _play(name: str, free: asyncio.Queue[Desk]) -> None:
    desk = await free.get()
    try:
        desk.began = len(desk.ear.events)
        await CASES[name](desk)
        assert not desk.heard_keys()
    finally:
        await desk.cleared()
        free.put_nowait(desk)


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("name", CASES)
async def test_lines_alone(played: Mapping[str, asyncio.Task[None]], name: str) -> None:
    await played[name]
