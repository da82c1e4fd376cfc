"""The conversation of an AGI session, after its request: a command, its reply, the next."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from ccgateway.agi.limits import MAX_COMMAND, REPLY_TIME
from ccgateway.agi.reply import OK, BadReply, Reply, ReplyReader
from ccgateway.errors import CcgError, UnsafeText

UNSAFE = frozenset(',()[]{}"$\\^')
"""Characters that have a meaning in AGI commands, in applications' arguments, in expressions."""


class SessionOver(CcgError):
    """The caller hung up, or Asterisk closed the AGI session."""


class Session:
    """Asks one thing at a time. ``write`` sends bytes to Asterisk."""

    def __init__(self, write: Callable[[bytes], None]) -> None:
        self._write = write
        self._replies = ReplyReader()
        self._pending: asyncio.Future[Reply] | None = None
        self._over: CcgError | None = None

    async def set_variables(self, variables: Sequence[tuple[str, str]]) -> None:
        """Set variables of the channel, in this order, by one command: all of them or none, and one
        round trip. Raises UnsafeText, SessionOver, BadReply."""
        pairs = ",".join(f"{name}={safe(name, value)}" for name, value in variables)
        reply = await self._ask(f'EXEC MSet "{pairs}"\n'.encode())
        if reply.code == OK and reply.result == 0:
            return
        if reply.result == -1:  # with 200: it failed; with 511: the channel is dead
            raise SessionOver
        raise BadReply(f"MSet was refused with {reply.code}, result {reply.result}")

    def feed(self, data: bytes) -> None:
        """Take what Asterisk says. Raises BadReply for what nobody asked for."""
        for reply in self._replies.feed(data):
            if self._pending is None or self._pending.done():
                raise BadReply("a reply without a command")
            self._pending.set_result(reply)

    def end(self, why: CcgError) -> None:
        """Nothing more can be asked: the connection is gone, or what it says makes no sense.
        The first reason counts."""
        self._over = self._over or why
        if self._pending and not self._pending.done():
            self._pending.set_exception(self._over)

    async def _ask(self, command: bytes) -> Reply:
        if self._over:
            raise self._over
        if self._replies.hung_up:
            raise SessionOver
        if len(command) > MAX_COMMAND:
            raise UnsafeText("the values are too long for an AGI command")
        self._pending = asyncio.get_running_loop().create_future()
        self._write(command)
        try:
            async with asyncio.timeout(REPLY_TIME):
                return await self._pending
        except TimeoutError:
            raise BadReply("no reply in time") from None


def safe(name: str, value: str) -> str:
    """``value``, if it is the same text for AGI (res_agi.c, parse_args), for MSet, and for whatever
    the dialplan does with it. Raises UnsafeText."""
    if not value.isprintable() or not UNSAFE.isdisjoint(value):
        raise UnsafeText(f"{name} holds characters that the dialplan must not see")
    return value
