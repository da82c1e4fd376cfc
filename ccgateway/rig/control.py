"""Asterisk's control socket, where ``asterisk -rx`` talks to it."""

from __future__ import annotations

import asyncio
from pathlib import Path

GREETING_SECONDS = 5.0  # it comes at once; more on a machine that is busy


async def greets(path: Path) -> bool:
    """Whether Asterisk greets who comes to its control socket; False while it is not there yet.

    The greeting is read to its end before we go. Asterisk opens this socket before it ignores
    SIGPIPE (asterisk.c: ast_makesocket, then sigaction), and greets from a thread: who connects
    and leaves at once can kill an Asterisk that boots, without a word in its log.
    """
    try:
        reader, writer = await asyncio.open_unix_connection(path)
    except OSError:
        return False  # not there; or it is bound, and not listened on yet
    try:
        async with asyncio.timeout(GREETING_SECONDS):
            return (await reader.readline()).endswith(b"\n")
    except (OSError, TimeoutError):
        return False
    finally:
        writer.close()
