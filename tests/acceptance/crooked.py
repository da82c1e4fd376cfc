"""A gateway that does its job wrongly, in every way we know of; the DID says in which."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress

from ccgateway.rig.ports import LOOPBACK

Way = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
LONG = 30.0  # seconds; nobody waits as long as that


async def at_once(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Closes as soon as it is asked."""


async def mute(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await asyncio.sleep(LONG)


async def slow(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await asyncio.sleep(3)
    await _set(reader, writer, CCG_QUEUE="stations", CCG_ACTION="queue")


async def dies(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await _set(reader, writer, CCG_QUEUE="stations")
    writer.transport.abort()


async def stalls(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await _set(reader, writer, CCG_QUEUE="stations")
    await asyncio.sleep(LONG)


async def garbage(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(bytes(range(256)) * 20 + b"\n]]>${SHELL(id)}\n")
    await asyncio.sleep(LONG)


async def endless(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while True:
        writer.write(b"NOOP\n" * 1000)
        await writer.drain()
        await asyncio.sleep(0.01)


async def strange_action(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await _set(reader, writer, CCG_QUEUE="stations", CCG_ACTION="dance")


async def no_queue(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await _set(reader, writer, CCG_QUEUE="", CCG_ACTION="queue")


async def missing_queue(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await _set(reader, writer, CCG_QUEUE="nowhere", CCG_OVERFLOW="message", CCG_ACTION="queue")


WAYS: dict[str, Way] = {
    "2001": at_once,
    "2002": mute,
    "2003": slow,
    "2004": dies,
    "2005": stalls,
    "2006": garbage,
    "2007": endless,
    "2008": strange_action,
    "2009": no_queue,
    "2010": missing_queue,
}


@asynccontextmanager
async def crooked(port: int, ways: Mapping[str, Way] = WAYS) -> AsyncIterator[list[str]]:
    """It runs within this context; gives the DIDs it was asked about. ``ways``: by the DID, or
    whatever else is asked about first (an agent's phone)."""
    asked: list[str] = []
    tasks: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if task := asyncio.current_task():
            tasks.add(task)
        with suppress(OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            said = (await reader.readuntil(b"\n\n")).decode()
            did = said.partition("agi_arg_2: ")[2].partition("\n")[0]
            asked.append(did)
            await ways.get(did, mute)(reader, writer)
        writer.close()

    server = await asyncio.start_server(serve, LOOPBACK, port)
    try:
        yield asked
    finally:
        server.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await server.wait_closed()


async def _set(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, **variables: str
) -> None:
    for name, value in variables.items():
        writer.write(f'SET VARIABLE {name} "{value}"\n'.encode())
        await reader.readline()
