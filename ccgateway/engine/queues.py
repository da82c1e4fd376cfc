"""The queues as watchers see them: who waits, which agents are there, today's figures."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from ccgateway.agents.agent import Agent, Duty
from ccgateway.calls.call import Call
from ccgateway.engine.places import Places
from ccgateway.engine.ports import Clock, LiveFeed
from ccgateway.engine.setup import Setup
from ccgateway.engine.view import queue_view
from ccgateway.figures.stay import Stay, stays, waits
from ccgateway.figures.today import Today


@dataclass(frozen=True, slots=True)
class Now:
    """A queue at a glance: who wait, since when the first, how many agents are logged in."""

    name: str
    waiting: int
    longest_since: datetime | None
    on: int


class Queues:
    """Keeps what changes in the queues, and tells each that changed once, by ``tell``. ``agents``
    gives all agents as they are."""

    def __init__(
        self, setup: Setup, feed: LiveFeed, clock: Clock, agents: Callable[[], Collection[Agent]]
    ) -> None:
        self._feed = feed
        self._clock = clock
        self._agents = agents
        self._places = Places(setup)
        self._today = Today({queue: self._places.zone(queue) for queue in self._places.queues})
        self._waiting: dict[str, dict[str, datetime]] = {q: {} for q in self._places.queues}
        self._changed: set[str] = set()

    @property
    def names(self) -> Collection[str]:
        """All queues."""
        return self._waiting.keys()

    def restore(self, ended: Mapping[str, Iterable[Stay]]) -> None:
        """Begin with the stored stays of calls (by id) that may be of today."""
        now = self._clock.now()
        for call_id, its in ended.items():
            self._today.put(call_id, its, now)

    def renew(self, setup: Setup) -> None:
        """Go on with the queues of another setup; who waits in a new one is told by ``follow``."""
        before = self._waiting
        self._places = Places(setup)
        self._waiting = {queue: before.get(queue, {}) for queue in self._places.queues}
        self._today.renew({queue: self._places.zone(queue) for queue in self._places.queues})
        self._changed = set(self._waiting)
        for queue in before:
            if queue not in self._waiting:
                self._feed.publish({"type": "gone", "queue": queue})

    def follow(self, call: Call) -> None:
        """Take in what a call tells of queues."""
        call_id = str(call.call_id)
        since = waits(call)
        for queue, waiting in self._waiting.items():
            if waiting.get(call_id) != since.get(queue):
                self._changed.add(queue)
                waiting.pop(call_id, None)
            if queue in since:
                waiting[call_id] = since[queue]
        self._changed |= self._today.put(call_id, stays(call), self._clock.now())

    def repaired(self, call: Call, others: Iterable[UUID]) -> None:
        """A call that was over was folded anew. ``others``: calls that turned out to be it."""
        now = self._clock.now()
        for other in others:
            if other != call.call_id:
                self._changed |= self._today.forget(str(other), now)
        self._changed |= self._today.put(str(call.call_id), stays(call), now)

    def absorb(self, old: str) -> None:
        """A call (id) went into another, which tells of itself."""
        for queue, waiting in self._waiting.items():
            if waiting.pop(old, None) is not None:
                self._changed.add(queue)
        self._changed |= self._today.forget(old, self._clock.now())

    def agent_changed(self, agent: Agent) -> None:
        """An agent's state is another now."""
        self._changed.update(queue for queue in agent.queues if queue in self._waiting)

    def tell(self) -> None:
        """Tell the watchers of each queue that changed, and at the turn of its day."""
        changed = self._changed | self._today.turned(self._clock.now())
        self._changed = set()
        for queue in sorted(changed):
            self._feed.publish({"type": "queue", "queue": self._view(queue, self._agents())})

    def now(self) -> list[Now]:
        """All queues, without today's figures."""
        on = [agent for agent in self._agents() if agent.duty is not Duty.OFF]
        return [
            Now(name, len(waiting), min(waiting.values(), default=None), _in(name, on))
            for name, waiting in self._waiting.items()
        ]

    def views(self) -> list[dict[str, object]]:
        """All queues."""
        there: dict[str, list[Agent]] = {queue: [] for queue in self._waiting}
        for agent in self._agents():
            for queue in agent.queues:
                if queue in there:
                    there[queue].append(agent)
        return [self._view(queue, agents) for queue, agents in there.items()]

    def _view(self, queue: str, agents: Iterable[Agent]) -> dict[str, object]:
        today = self._today.view(queue, self._clock.now())
        return queue_view(queue, self._waiting[queue], agents, self._places, today)


def _in(queue: str, agents: Iterable[Agent]) -> int:
    return sum(queue in agent.queues for agent in agents)
