"""Follows both journals of one Asterisk, whose log folder is seen from here."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Protocol

import structlog

from ccgateway.errors import CcgError
from ccgateway.journal.aside import aside
from ccgateway.journal.position import Position
from ccgateway.journal.standing import CEL, QUEUE_LOG
from ccgateway.journal.tail import Chunk, Tail
from ccgateway.telephony.facts import Source

EVERY_S = 1.0
"""Between two looks at a journal in which nothing is new: two stats and two reads."""

RETRY_MOST_S = 30.0
"""Seconds between attempts while what was read cannot be kept; each wait is double the last."""

FILES: Mapping[Source, Path] = {Source.QUEUE_LOG: QUEUE_LOG, Source.CEL: CEL}

TURNS: Mapping[Source, int] = {Source.QUEUE_LOG: 1, Source.CEL: 16}
"""Slices read before it is the other's turn. A call takes 3 kB of CEL and 200 bytes of queue_log:
so after a long time away both come to about the same moment at the same time."""

log = structlog.get_logger()


class Sink(Protocol):
    """Where it goes: ``Intake``, or a gateway elsewhere."""

    async def position(self, node: str, source: Source) -> str: ...

    async def take(self, node: str, source: Source, chunk: Chunk, since: str) -> str: ...

    async def at_end(self, node: str, source: Source) -> None: ...


class Follower:
    """``folder`` is Asterisk's log folder. ``away``: the errors after which it is tried again; all
    others end it."""

    def __init__(
        self, node: str, folder: Path, sink: Sink, *, away: tuple[type[CcgError], ...]
    ) -> None:
        self._node = node
        self._folder = folder
        self._sink = sink
        self._passing: tuple[type[Exception], ...] = (*away, OSError)
        self._tails: dict[Source, Tail] = {}
        self._kept: dict[Source, str] = {}  # the position, as the sink told it last
        self._sizes: Counter[Source] = Counter()
        self._fault = ""

    async def keep(self) -> None:
        """Follow them for ever. Where it cannot be kept, or read, that is told once, and tried
        again."""
        wait = EVERY_S
        try:
            while True:
                try:
                    await self.catch_up()
                except self._passing as error:
                    self._tell(str(error))
                    wait = min(2 * wait, RETRY_MOST_S)
                except CcgError:
                    raise
                except Exception:  # a fault of ours: calls go on without the journals
                    log.exception("journal not read", node=self._node)
                    wait = min(2 * wait, RETRY_MOST_S)
                else:
                    self._tell("")
                    wait = EVERY_S
                await asyncio.sleep(wait)
        finally:
            self.close()

    async def catch_up(self) -> None:
        """Read all that is there. Raises what the sink raises; and OSError, once the other journal
        is read, which goes on without this one."""
        faults: dict[Source, OSError] = {}
        goes_on = True
        while goes_on:
            goes_on = False
            for source in [source for source in TURNS if source not in faults]:
                try:
                    goes_on |= await self._turn(source)
                except OSError as error:
                    faults[source] = error
        for fault in faults.values():
            raise fault

    async def _turn(self, source: Source) -> bool:
        """Read the slices of a turn; whether there may be more."""
        for _ in range(TURNS[source]):
            if not await self._slice(source):
                await self._sink.at_end(self._node, source)
                return False
        return True

    @property
    def behind(self) -> int:
        """Bytes that stood in the files when they were read last, and are not read yet; what was
        rotated is not counted."""
        there = [(self._sizes[source], tail.position) for source, tail in self._tails.items()]
        return sum(max(0, size - position.offset) for size, position in there)

    def close(self) -> None:
        """Let go of the files."""
        for tail in self._tails.values():
            tail.close()
        self._tails.clear()

    async def _slice(self, source: Source) -> bool:
        """Read and keep one slice; whether there was one."""
        tail = self._tails.get(source) or await self._open(source)
        chunk, self._sizes[source] = await aside(partial(_read, tail, self._folder / FILES[source]))
        before = self._kept[source]
        if chunk is None and before:
            return False
        # None: where we began, before anything was there to read
        sent = chunk or Chunk(b"", tail.position)
        kept = self._kept[source] = await self._sink.take(self._node, source, sent, before)
        if not kept:  # another database: all since we began is new there
            return bool(before)
        tail.go_on(Position.of(kept))
        if chunk is None:
            return False
        return bool(chunk.missed) or tail.position.offset != chunk.position.offset

    async def _open(self, source: Source) -> Tail:
        kept = self._kept[source] = await self._sink.position(self._node, source)
        position = Position.of(kept) if kept else None
        tail = self._tails[source] = Tail(self._folder / FILES[source], position)
        return tail

    def _tell(self, fault: str) -> None:
        if fault and fault != self._fault:
            log.error("journal not read", node=self._node, what=fault)
        elif self._fault and not fault:
            log.info("journal read again", node=self._node)
        self._fault = fault


def _read(tail: Tail, path: Path) -> tuple[Chunk | None, int]:
    """What comes next, and how long the file is now."""
    size = 0
    with suppress(OSError):
        size = path.stat().st_size
    return tail.read(), size
