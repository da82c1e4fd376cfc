"""The demo: the world set up in sight, calls placed, the exchange shown, the record proven."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from random import Random

from rich.console import Console
from rich.live import Live
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from ccgateway.errors import CcgError
from ccgateway.rig import progress
from ccgateway.rig.compare import Comparison
from ccgateway.rig.errors import RigError
from ccgateway.rig.picture import Picture
from ccgateway.rig.plan import endless, plan
from ccgateway.rig.screen import exchange
from ccgateway.rig.world import World

REFRESH = 0.25  # seconds
GENTLE = (0.7, 3.0)  # seconds between two acts of the endless demo


@dataclass(frozen=True, slots=True)
class Settings:
    """What the demo was asked for. ``console`` shows the set-up and the exchange."""

    console: Console
    asterisk: str = ""
    state: Path | None = None
    seed: int | None = None


class Terminated(RigError):
    """SIGTERM came."""


async def once(settings: Settings, calls: int) -> Comparison:
    """Place exactly so many calls of mixed kinds and compare. Raises CcgError; Terminated at
    SIGTERM, when nothing is left running."""
    planned = plan(calls, settings.seed if settings.seed is not None else 1, crew=True)
    title = f"{calls} calls of mixed kinds, then the comparison"
    with cancelled_by_sigterm():
        async with _world(settings) as world, _shown(world, settings, title):
            return await world.played(planned)


async def until_stopped(settings: Settings) -> None:
    """Calls for ever, at a gentle rate, until Ctrl-C or SIGTERM. Raises CcgError."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    random = Random(settings.seed)  # noqa: S311 -- a demo, not a secret
    async with _world(settings, proof=False) as world:
        page = f"The live page: {world.gateway.url}/#{world.gateway.http_token}"
        settings.console.print(page, soft_wrap=True, highlight=False)
        title = f"A petrol stations' hot line. Ctrl-C ends it. {page}"
        async with _shown(world, settings, title):
            for act in endless(settings.seed):
                world.forget_ended()
                world.place(act)
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(stop.wait(), random.uniform(*GENTLE))
                if stop.is_set():
                    break
    settings.console.print("Stopped; nothing is left running.")


@contextmanager
def cancelled_by_sigterm() -> Iterator[None]:
    """SIGTERM does what asyncio does at Ctrl-C: the task is cancelled, and cleans up behind it. A
    second one does not disturb that. Raises Terminated."""
    came = asyncio.Event()
    task, loop = asyncio.current_task(), asyncio.get_running_loop()

    def cancel() -> None:
        if task and not came.is_set():
            came.set()
            task.cancel()

    loop.add_signal_handler(signal.SIGTERM, cancel)
    try:
        yield
    except asyncio.CancelledError as error:
        if came.is_set():
            raise Terminated("stopped by SIGTERM") from error
        raise
    finally:
        loop.remove_signal_handler(signal.SIGTERM)


@asynccontextmanager
async def _world(settings: Settings, *, proof: bool = True) -> AsyncIterator[World]:
    with _steps(settings.console) as tell:
        world = await World(settings.asterisk, tell, proof=proof, crew=True).__aenter__()
    async with contextlib.AsyncExitStack() as stack:
        stack.push_async_exit(world)
        if settings.state:
            world.write_state(settings.state)
        yield world


@contextmanager
def _steps(console: Console) -> Iterator[progress.Progress]:
    """Show what the set-up does, about how long it takes, and how long it has taken."""
    began = time.monotonic()
    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=console, disable=not console.is_terminal) as bar:

        def tell(step: str, seconds: float) -> None:
            for task in bar.tasks:
                bar.update(task.id, total=1, completed=1)
            bar.add_task(f"{step} (about {seconds:g} s)", total=None)
            if not console.is_terminal:
                console.print(f"{step} (about {seconds:g} s)")

        yield tell
        for task in bar.tasks:
            bar.update(task.id, total=1, completed=1)
    console.print(f"Ready in {time.monotonic() - began:.1f} s.")


@asynccontextmanager
async def _shown(world: World, settings: Settings, title: str) -> AsyncIterator[None]:
    """Show the exchange while the context lasts (on a terminal only)."""
    if not settings.console.is_terminal:
        yield
        return
    picture = Picture()
    # drawn by tasks of this loop, not by rich's own thread: the picture changes under its eyes
    with Live(console=settings.console, auto_refresh=False, screen=True) as live:
        works = (_follow(world, picture), _draw(live, picture, title))
        tasks = [asyncio.get_running_loop().create_task(work) for work in works]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            # the follower takes leave of the gateway, which would wait for that
            for ended in await asyncio.gather(*tasks, return_exceptions=True):
                if isinstance(ended, Exception):  # a cancelled task is none
                    raise ended


async def _draw(live: Live, picture: Picture, title: str) -> None:
    while True:
        live.update(exchange(picture, datetime.now(UTC), title), refresh=True)
        await asyncio.sleep(REFRESH)


async def _follow(world: World, picture: Picture) -> None:
    """Keep the picture from the gateway's live feed. A screen that goes blind ends no demo."""
    with contextlib.suppress(CcgError):
        async with world.gateway.client() as client:
            async for change in client.live():
                picture.take(change)
