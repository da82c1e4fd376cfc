"""The calls as watchers were told of them last."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from ccgateway.calls.call import Call
from ccgateway.calls.reduce import Story
from ccgateway.engine.ports import LiveFeed
from ccgateway.engine.view import call_view

REMEMBERED_ENDS = 1_000
"""Ended calls whose last view is kept: app_queue speaks of a call after its hang-up, and an end
that was told is not told again."""


class ToldCalls:
    """Tells the watchers of calls whose view is another now, and keeps it."""

    def __init__(self, feed: LiveFeed) -> None:
        self._feed = feed
        self._views: dict[UUID, Mapping[str, object]] = {}
        self._ends: deque[UUID] = deque()
        self.ended: Counter[str] = Counter()
        """Calls that ended since the start, by disposition."""
        self.last_end: dict[str, datetime] = {}
        """When the last of them ended, by node and by its clock."""

    def restore(self, call: Call) -> None:
        """A call that was told before a restart: all watchers come back at once, and see it in
        what they are shown first."""
        self._views[call.call_id] = call_view(call)

    def tell(self, call: Call) -> None:
        """Tell the watchers, where what they see of the call has changed."""
        view, before = call_view(call), self._views.get(call.call_id)
        if before == view:
            return
        self._feed.publish({"type": "call", "call": view})
        self._views[call.call_id] = view
        if call.ended_at is not None and not (before and before["ended_at"]):
            self.ended[call.disposition.value] += 1
            self.last_end[call.node] = call.ended_at
        if call.ended_at is not None:
            self._ends.append(call.call_id)
            if len(self._ends) > REMEMBERED_ENDS:
                self._views.pop(self._ends.popleft(), None)

    def absorb(self, old: UUID, new: UUID) -> None:
        """A call is part of another, which is told of by itself."""
        self._views.pop(old, None)
        self._feed.publish({"type": "call_absorbed", "call_id": str(old), "into": str(new)})

    def view(self, story: Story) -> Mapping[str, object]:
        """As it was told last. Folding every live call anew would keep the loop for long; what has
        changed since is told in a moment."""
        return self._views.get(story.call_id) or call_view(story.call())
