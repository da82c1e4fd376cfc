"""The tape: the last of what was heard, as a recording, for who has to find out what went wrong."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncGenerator
from itertools import islice

import structlog

from ccgateway import __version__
from ccgateway.calls.recorded import Head, Heard, head_line, heard_line
from ccgateway.engine.ports import Arrival, Beat, Clock, FellBehind, LinkChange
from ccgateway.engine.setup import Setup
from ccgateway.telephony.facts import Fact, Kind, Source

KEPT_BYTES = 16 * 1024 * 1024
"""Of lines: some thousand calls, a minute and a half of ten calls a second. Beside each line's text
Python needs half as much again."""

MOST_AT_ONCE = 500
"""Lines that a follower gets in one piece."""

BEAT_S = 5.0
"""Seconds of silence after which a follower gets an empty line: so both sides see that the other is
there."""

log = structlog.get_logger()


class Tape:
    """Implements engine.ports.Tape and Recorder. In memory only."""

    def __init__(self, setup: Setup, clock: Clock, keep: int = KEPT_BYTES) -> None:
        self._setup = setup
        self._clock = clock
        self._keep = keep
        self._kept: deque[bytes] = deque()
        self._size = 0
        self._number = 0  # of all lines that there ever were
        self._news: set[asyncio.Event] = set()

    def renew(self, setup: Setup) -> None:
        """From here on another setup makes calls ours."""
        self._setup = setup

    def hear(self, heard: Heard) -> None:
        """Keep what was heard. Never blocks, never raises."""
        try:
            line = heard_line(heard)
        except Exception:
            log.exception("what was heard could not be kept on the tape")
            return
        # A copy: orjson's own bytes hold some ten times their length for as long as they are kept.
        self._kept.append(bytes(memoryview(line)))
        self._size += len(line)
        self._number += 1
        while self._size > self._keep:
            self._size -= len(self._kept.popleft())
        for news in self._news:
            news.set()

    def put(self, arrival: Arrival) -> None:
        """Keep what the loop was told; AMI's events are kept by the links, as they came."""
        if isinstance(arrival, Beat):
            return
        value = link_fact(arrival) if isinstance(arrival, LinkChange) else arrival
        if not (isinstance(value, Fact) and value.source is Source.AMI):
            self.hear(Heard(value.node, self._clock.now(), value))

    async def follow(self, *, last: bool, seconds: float) -> AsyncGenerator[bytes, None]:
        """A recording in pieces of whole lines: what is kept (``last``), and what comes within
        ``seconds`` from now. Raises FellBehind where it is not read fast enough."""
        loop = asyncio.get_running_loop()
        until = loop.time() + seconds
        at = self._number - len(self._kept) if last else self._number
        news = asyncio.Event()
        self._news.add(news)
        try:
            yield head_line(head_of(self._setup)) + b"\n"
            while True:
                news.clear()
                while piece := self._after(at):
                    at += len(piece)
                    yield b"\n".join([*piece, b""])
                if (left := until - loop.time()) <= 0:
                    return
                try:
                    async with asyncio.timeout(min(left, BEAT_S)):
                        await news.wait()
                except TimeoutError:
                    yield b"\n"
        finally:
            self._news.discard(news)

    def _after(self, at: int) -> list[bytes]:
        begin = at - (self._number - len(self._kept))
        if begin < 0:
            raise FellBehind
        return list(islice(self._kept, begin, begin + MOST_AT_ONCE))


def head_of(setup: Setup) -> Head:
    """What a recording has to begin with."""
    return Head(setup.ours, setup.homes, made_by=f"ccgateway {__version__}")


def link_fact(change: LinkChange) -> Fact:
    """A link's coming or going as a fact."""
    kind = Kind.LINK_UP if change.up else Kind.LINK_DOWN
    detail = {"cause": change.cause} if change.cause else {}
    place, source = change.at.isoformat(), Source.SELF
    return Fact(change.node, kind, change.node, change.at, place, source=source, detail=detail)
