"""The live feed: changes in order, kept for a while, so that who comes back gets what was missed.

Nobody is waited for. A watcher is a place in what is kept; one who falls behind its beginning is
dropped.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict, deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from itertools import islice
from time import monotonic
from uuid import uuid4

from ccgateway.access.who import Scope
from ccgateway.web.change import KINDS, LISTS, Change, View, as_json, sees

__all__ = ["Feed", "Message", "Watcher", "as_json"]

KEPT = 4000
"""Changes that are kept: minutes of a busy centre (twenty changes a second), seconds of the worst;
some ten megabytes. Who is further behind, or was away for longer, takes a new snapshot."""

MOST_AT_ONCE = 500
"""Changes in one message: what waits in the memory of one connection is bounded by it."""

BATCHES = 50
"""Batches that are kept until watchers wake, for others who are at the same place: more than a busy
centre has, and some ten megabytes where many come back, each from another place, in a quiet one."""

GATHER_S = 0.02
"""Seconds that changes are gathered for before watchers wake: a hundred of them at five hundred
changes a second would take all of our one processor, one by one."""

BEAT_S = 5.0
"""Seconds of silence after which a watcher is told that there was nothing. A browser does not see
WebSocket pings, so a half-open connection would look like a quiet centre."""

MOST_WATCHERS = 200
"""Each change is written to each of them, in the gateway's own loop."""

FRESH_S = 0.2
"""Seconds for which all who come are shown the same, while nothing is told: with hundreds of agents
it takes milliseconds to make, of the loop that routes callers, and after a restart all pages come
at once."""

REMEMBERED_ENDS = 1_000
"""Ended calls whose last view is kept, as the engine does: a late word may come of them."""

_DIGITS = 18
"""Of a change's number: more than there will ever be."""

Message = tuple[str, bytes]
"""A change as it is sent: its id, and the JSON object."""

Snapshot = Callable[[], Mapping[str, object]]
Frame = Callable[[Sequence[Message]], bytes]
"""How messages become bytes on a connection."""


class Watcher:
    """One who watches: how far they are. ``gone`` is set when they are let go."""

    def __init__(self, feed: Feed, scope: Scope, frame: Frame, at: int, first: Message) -> None:
        self.gone = asyncio.Event()
        self.at = at
        self.news = asyncio.Event()
        self._feed = feed
        self._scope = scope
        self._frame = frame
        self._first: Message | None = first

    async def next(self) -> bytes:
        """What comes next, framed: never nothing. Who was let go gets no more than beats."""
        if self._first is not None:
            first, self._first = self._first, None
            return self._frame([first])
        try:
            # What their scope hides is silence to them, too.
            async with asyncio.timeout(BEAT_S):
                return await self._told()
        except TimeoutError:
            return self._frame([self._feed.beat(self.at)])

    async def _told(self) -> bytes:
        while True:
            if self._feed.is_behind(self):
                await asyncio.Future()  # whoever serves them sees it, and ends this
            self.at, framed = self._feed.batch(self.at, self._scope, self._frame)
            if framed:
                return framed
            if self.at == self._feed.number:
                self.news.clear()
                await self.news.wait()


class Feed:
    """Who watches now. ``publish`` is the engine's; the server brings and takes watchers."""

    def __init__(self) -> None:
        self.epoch = uuid4().hex[:16]
        """Ids of another start of the gateway are no places in ours."""
        self.number = 0
        self.dropped = 0
        """Watchers who were too slow."""
        self._kept: deque[Change] = deque(maxlen=KEPT)
        self._last: dict[tuple[str, str], View] = {}
        self._ended: OrderedDict[tuple[str, str], None] = OrderedDict()
        self._watchers: set[Watcher] = set()
        self._waking: asyncio.TimerHandle | None = None
        self._batches: dict[tuple[int, Scope, Frame], tuple[int, bytes]] = {}
        self._made = (-1, 0.0)  # of which number what is shown is, and when it was made
        self._whole: Mapping[str, object] = {}
        self._shown: dict[Scope, Mapping[str, object]] = {}
        self._firsts: dict[Scope, bytes] = {}  # the same, as watchers are told of it

    # -- what is told

    def publish(self, change: Mapping[str, object]) -> None:
        """Tell ``change`` to all who may see it. Never blocks."""
        self.number += 1
        self._kept.append(self._change(change))
        if self._watchers and self._waking is None:
            self._waking = asyncio.get_running_loop().call_later(GATHER_S, self._wake)

    def _change(self, told: Mapping[str, object]) -> Change:
        kind = str(told["type"])
        view = told.get(kind)
        if kind in KINDS and isinstance(view, Mapping):
            return Change(self._id(self.number), told, kind, view, self._replace(kind, view))
        for name, of in KINDS.items():
            if of.gone in told:  # gone, or (a call) absorbed
                before = self._last.pop((name, str(told[of.gone])), None)
                into = self._last.get((name, str(told.get("into", ""))))
                return Change(self._id(self.number), told, name, None, before, into)
        return Change(self._id(self.number), told)

    def _replace(self, kind: str, view: View) -> View | None:
        """Remember what was told of a thing; what was told of it before."""
        key = (kind, str(view[KINDS[kind].key]))
        before = self._last.get(key)
        self._last[key] = view
        if view.get("ended_at"):
            self._ended[key] = None
            if len(self._ended) > REMEMBERED_ENDS:
                self._last.pop(self._ended.popitem(last=False)[0], None)
        return before

    def _wake(self) -> None:
        self._waking = None
        self._batches.clear()
        for watcher in list(self._watchers):
            if not self.is_behind(watcher):
                watcher.news.set()

    # -- who watches

    def watch(
        self, scope: Scope, frame: Frame, snapshot: Snapshot, after: str = "", since: int = -1
    ) -> Watcher | None:
        """A new watcher: of all that comes after ``after`` (an id) where that is kept, else with
        the snapshot first, also where they saw something else up to ``since`` (a change's number).
        None where there are too many."""
        if len(self._watchers) >= MOST_WATCHERS:
            return None
        at = self._place(after)
        if at is None or at <= since:
            first = self._id(self.number), self._first(snapshot, scope)
            watcher = Watcher(self, scope, frame, self.number, first)
        else:
            told = self._id(at)
            resumed = as_json({"type": "resumed", "id": told})
            watcher = Watcher(self, scope, frame, at, (told, resumed))
        self._watchers.add(watcher)
        return watcher

    def state(self, snapshot: Snapshot, scope: Scope) -> Mapping[str, object]:
        """The snapshot, narrowed to a scope, with the id of the last change that it holds. How we
        ourselves are is for those only who see all."""
        now, (number, made_at) = monotonic(), self._made
        if number != self.number or now >= made_at + FRESH_S:
            self._made, self._whole = (self.number, now), snapshot()
            self._shown.clear()
            self._firsts.clear()
        if scope not in self._shown:
            self._shown[scope] = self._seen(self._whole, scope)
        return self._shown[scope]

    def _first(self, snapshot: Snapshot, scope: Scope) -> bytes:
        state = self.state(snapshot, scope)
        if scope not in self._firsts:
            self._firsts[scope] = as_json({"type": "snapshot", **state})
        return self._firsts[scope]

    def _seen(self, whole: Mapping[str, object], scope: Scope) -> dict[str, object]:
        shown: dict[str, object] = {"id": self._id(self.number)}
        for name, value in whole.items():
            if name in LISTS and isinstance(value, Iterable):
                shown[name] = self._narrowed(LISTS[name], value, scope)
            elif scope.is_all or name in {"at", "nodes", "gateway_up"}:
                shown[name] = value
        return shown

    def _narrowed(self, kind: str, views: Iterable[View], scope: Scope) -> list[View]:
        """What the scope sees. What is shown counts as told: it can be gone later."""
        views = list(views)
        for view in views:
            self._last.setdefault((kind, str(view[KINDS[kind].key])), view)
        return [view for view in views if sees(scope, kind, view)]

    def is_behind(self, watcher: Watcher) -> bool:
        """Whether what comes next for them is not kept any more: then they are let go."""
        if watcher.at < self._before_oldest and watcher in self._watchers:
            self.dropped += 1
            self._drop(watcher)
        return watcher.gone.is_set()

    def leave(self, watcher: Watcher) -> None:
        """The watcher is gone."""
        self._watchers.discard(watcher)

    @property
    def watchers(self) -> int:
        """How many watch."""
        return len(self._watchers)

    def close(self) -> None:
        """Let everybody go."""
        for watcher in list(self._watchers):
            self._drop(watcher)
        if self._waking is not None:
            self._waking.cancel()
            self._waking = None

    def _drop(self, watcher: Watcher) -> None:
        self._watchers.discard(watcher)
        watcher.gone.set()

    # -- where they are

    def batch(self, at: int, scope: Scope, frame: Frame) -> tuple[int, bytes]:
        """What one with this scope who is at ``at`` (whose followers are kept) gets next, b'' for
        nothing, and where they are then. Made once for all who are there."""
        if at == self.number:
            return at, b""  # not kept: until the next wake it would hide what comes now
        key = (at, scope, frame)
        if key not in self._batches:
            if len(self._batches) >= BATCHES:
                self._batches.clear()
            begin = at - self._before_oldest
            changes = list(islice(self._kept, begin, begin + MOST_AT_ONCE))
            texts = [(change.id, change.text_for(scope)) for change in changes]
            messages = [(id_, text) for id_, text in texts if text is not None]
            now = self._before_oldest + begin + len(changes)
            self._batches[key] = (now, frame(messages) if messages else b"")
        return self._batches[key]

    def beat(self, at: int) -> Message:
        """That nothing was to be told to who is at ``at``, and how late it is, so that a page's
        counters keep time."""
        id_, now = self._id(at), datetime.now(UTC).isoformat()
        return id_, as_json({"type": "beat", "id": id_, "at": now})

    @property
    def _before_oldest(self) -> int:
        """The number before the oldest that is kept."""
        return self.number - len(self._kept)

    def _id(self, number: int) -> str:
        return f"{self.epoch}:{number}"

    def _place(self, after: str) -> int | None:
        """The number of an id whose followers are all kept, else None."""
        epoch, _, digits = after.partition(":")
        if epoch != self.epoch or not (digits.isascii() and digits.isdecimal()):
            return None
        if len(digits) > _DIGITS:
            return None
        number = int(digits)
        return number if self._before_oldest <= number <= self.number else None
