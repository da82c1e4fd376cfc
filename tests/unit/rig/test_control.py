"""The control socket: no greeting is left unread, for that can kill an Asterisk that boots."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from ccgateway.rig.control import greets

Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def control(path: Path, serve: Serve) -> AsyncIterator[Path]:
    """A control socket of ours: Asterisk's own cannot be made to be slow at the right moment."""
    server = await asyncio.start_unix_server(serve, path)
    async with server:
        yield path


async def test_it_stays_until_it_was_greeted(tmp_path: Path) -> None:
    left_early: list[bool] = []

    async def slow(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await asyncio.wait_for(reader.read(), 0.2)  # ends at once where the other side left
            left_early.append(True)
        except TimeoutError:
            left_early.append(False)
        writer.write(b"pbx/1/22.10.1\n")
        writer.close()

    async with control(tmp_path / "asterisk.ctl", slow) as path:
        assert await greets(path)
    assert left_early == [False]


async def test_who_hangs_up_on_us_is_not_up(tmp_path: Path) -> None:
    async def curt(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    async with control(tmp_path / "asterisk.ctl", curt) as path:
        assert not await greets(path)


async def test_what_is_not_there_is_not_up(tmp_path: Path) -> None:
    assert not await greets(tmp_path / "asterisk.ctl")
