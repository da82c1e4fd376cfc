"""What waits in memory to be written, in order."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from uuid import UUID

from ccgateway.calls.call import Call
from ccgateway.outbound.attempt import Attempt
from ccgateway.postgres.absorbed import Pair
from ccgateway.postgres.agents import StoredAgent
from ccgateway.postgres.batch import Batch
from ccgateway.postgres.spooled import Key, What, key_of_call
from ccgateway.telephony.facts import Fact


@dataclass(frozen=True, slots=True)
class Entry:
    """One ``put``: its facts, a call that went into another, and of which call, agent and attempt
    a newer version waits."""

    facts: Sequence[Fact] = ()
    call_id: UUID | None = None
    agent: str | None = None
    absorbed: Pair | None = None
    attempt: str | None = None

    @property
    def keys(self) -> list[Key]:
        """Of what it tells: what comes of these must not be written in another order."""
        keys = [
            key_of_call(call_id) for call_id in (self.call_id, *(self.absorbed or ())) if call_id
        ]
        if self.agent is not None:
            keys.append((What.AGENT, self.agent))
        if self.attempt is not None:
            keys.append((What.ATTEMPT, self.attempt))
        return keys


class Waiting:
    """Entries in order, and the newest version of each call, agent and attempt that they tell
    of."""

    def __init__(self) -> None:
        self._queue: deque[Entry] = deque()
        self._calls: dict[UUID, Call] = {}
        self._of_call: Counter[UUID] = Counter()  # entries that wait, of each
        self._agents: dict[str, StoredAgent] = {}
        self._attempts: dict[str, Attempt] = {}
        self.queued = 0
        """Facts that wait here."""
        self.facts = 0
        """These, and those that were taken and are not settled."""

    def __bool__(self) -> bool:
        return bool(self._queue)

    def put(self, entry: Entry) -> None:
        """Put an entry at the end."""
        self._queue.append(entry)
        self._count(entry, 1)
        self.queued += len(entry.facts)
        self.facts += len(entry.facts)

    def put_facts(self, facts: Sequence[Fact], call: Call | None) -> None:
        if call is not None:
            self._calls[call.call_id] = call
        self.put(Entry(tuple(facts), call.call_id if call else None))

    def put_agent(self, agent: StoredAgent) -> None:
        self._agents[agent.agent] = agent
        self.put(Entry(agent=agent.agent))

    def put_attempt(self, attempt: Attempt) -> None:
        self._attempts[attempt.id] = attempt
        self.put(Entry(attempt=attempt.id))

    def renew(self, call: Call) -> None:
        """Take a call's newer version where an older one waits."""
        if call.call_id in self._calls:
            self._calls[call.call_id] = call

    def take(self, limit: int) -> list[Entry]:
        """The next entries, whole, until they have ``limit`` facts or are as many. They must be
        given back, or settled."""
        taken: list[Entry] = []
        count = 0
        while self._queue and count < limit:
            taken.append(self._queue.popleft())
            self._count(taken[-1], -1)
            count += max(1, len(taken[-1].facts))
        self.queued -= _facts(taken)
        return taken

    def batch(self, taken: Sequence[Entry]) -> Batch:
        """What entries that were taken tell, with the newest version of what they tell of. A call
        of which more waits is told again with that: on disk it stands behind its last fact."""
        calls = dict.fromkeys(entry.call_id for entry in taken if entry.call_id)
        agents = dict.fromkeys(entry.agent for entry in taken if entry.agent)
        attempts = dict.fromkeys(entry.attempt for entry in taken if entry.attempt)
        return Batch(
            facts=[(fact, entry.call_id) for entry in taken for fact in entry.facts],
            absorbed=[entry.absorbed for entry in taken if entry.absorbed],
            calls=[self._call(key) for key in calls if key in self._calls],
            agents=[self._agents.pop(key) for key in agents if key in self._agents],
            attempts=[self._attempts.pop(key) for key in attempts if key in self._attempts],
        )

    def give_back(self, taken: Sequence[Entry], batch: Batch) -> None:
        """Entries that were taken, and could not be written, are the next once more."""
        self._queue.extendleft(reversed(taken))
        for entry in taken:
            self._count(entry, 1)
        self.queued += _facts(taken)
        for call in batch.calls:
            self._calls.setdefault(call.call_id, call)
        for agent in batch.agents:
            self._agents.setdefault(agent.agent, agent)
        for attempt in batch.attempts:
            self._attempts.setdefault(attempt.id, attempt)

    def left(self) -> Iterator[Fact]:
        """The facts that wait here, in order."""
        return (fact for entry in self._queue for fact in entry.facts)

    def _call(self, key: UUID) -> Call:
        return self._calls[key] if key in self._of_call else self._calls.pop(key)

    def _count(self, entry: Entry, more: int) -> None:
        if entry.call_id is not None:
            self._of_call[entry.call_id] += more
            if not self._of_call[entry.call_id]:
                del self._of_call[entry.call_id]

    def settle(self, taken: Sequence[Entry]) -> None:
        """Entries that were taken are written."""
        self.facts -= _facts(taken)


def _facts(entries: Sequence[Entry]) -> int:
    return sum(len(entry.facts) for entry in entries)
