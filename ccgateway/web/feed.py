"""The live feed: every change goes to everybody who watches; who cannot keep up is dropped."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Mapping

import orjson

MOST_WAITING = 1000
"""Changes that wait for one watcher: some ten seconds of a very busy centre. One who is further
behind is dropped, and takes a new snapshot."""

MOST_WATCHERS = 200
"""Each change is written to each of them, in the gateway's own loop."""


def as_json(value: object) -> bytes:
    """JSON; times in ISO 8601, what JSON does not know as text."""
    return orjson.dumps(value, default=str)


class Watcher:
    """One who watches: what is still to be sent. ``gone`` is set when they are let go."""

    def __init__(self) -> None:
        self.gone = asyncio.Event()
        self._waiting: deque[bytes] = deque()
        self._news = asyncio.Event()

    def put(self, text: bytes) -> None:
        """Add a message; never blocks. Too many: the watcher is dropped."""
        if len(self._waiting) >= MOST_WAITING:
            self.drop()
        else:
            self._waiting.append(text)
            self._news.set()

    def drop(self) -> None:
        """Let the watcher go, with what still waits."""
        self.gone.set()
        self._waiting.clear()

    async def next(self) -> bytes:
        """The next message, in order."""
        while not self._waiting:
            self._news.clear()
            await self._news.wait()
        return self._waiting.popleft()


class Feed:
    """Who watches now. ``publish`` is the engine's; the server brings and takes watchers."""

    def __init__(self) -> None:
        self._watchers: set[Watcher] = set()
        self._seq = 0

    def publish(self, change: Mapping[str, object]) -> None:
        """Send ``change``, numbered by ``seq``, to all watchers. Never blocks."""
        self._seq += 1
        if not self._watchers:
            return
        text = as_json({**change, "seq": self._seq})
        for watcher in list(self._watchers):
            watcher.put(text)
            if watcher.gone.is_set():
                self._watchers.discard(watcher)

    def watch(self, snapshot: Callable[[], Mapping[str, object]]) -> Watcher | None:
        """A new watcher, with the snapshot as the first message and every change after it; None
        where there are too many."""
        if len(self._watchers) >= MOST_WATCHERS:
            return None
        watcher = Watcher()
        watcher.put(as_json({**self.state(snapshot), "type": "snapshot"}))
        self._watchers.add(watcher)
        return watcher

    def state(self, snapshot: Callable[[], Mapping[str, object]]) -> dict[str, object]:
        """The snapshot with the ``seq`` of the last change that it holds."""
        return {**snapshot(), "seq": self._seq}

    def leave(self, watcher: Watcher) -> None:
        """The watcher is gone."""
        self._watchers.discard(watcher)

    def close(self) -> None:
        """Let everybody go."""
        for watcher in self._watchers:
            watcher.drop()
        self._watchers.clear()
