"""The attempts that go on, and those that ended a while ago, as the facts of their calls tell."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import structlog

from ccgateway.calls.call import Call, Known
from ccgateway.engine.ports import LiveFeed, Store
from ccgateway.outbound.attempt import Attempt, End, Stage
from ccgateway.outbound.progress import legs, progress
from ccgateway.telephony.facts import Fact, Kind
from ccgateway.telephony.snapshot import Snapshot

REMEMBERED_ENDS = 1_000
"""Ended attempts that are kept, for who asks by id or repeats a request; older ones are stored."""

_OURS = frozenset({Kind.ATTEMPTED, Kind.ORIGINATED})
"""What is told of attempts alone: its subject is one."""

_OVER = frozenset({Kind.CHANNEL_ENDED, Kind.CHANNEL_MISSING})
_BY_LOOKING = frozenset({End.LOST, End.TALKED})
"""Ends of attempts that the PBX did not have any more when we looked."""

log = structlog.get_logger()


@dataclass(slots=True)
class _Kept:
    """``base``: the attempt as it was sent; what the facts say is folded onto it. ``sent_at``: when
    Asterisk was asked, in its node's time; None while it was not."""

    base: Attempt
    now: Attempt
    sent_at: datetime | None
    legs: tuple[str, ...]
    heard: bool = False
    agent_free: bool = False  # their leg has ended; the customer may talk with another


class Attempts:
    """Keeps each attempt, stores and tells what changes. An end that was told stays."""

    def __init__(self, store: Store, feed: LiveFeed) -> None:
        self._store = store
        self._feed = feed
        self._live: dict[str, _Kept] = {}
        self._ended: OrderedDict[str, Attempt] = OrderedDict()
        self._keys: dict[str, str] = {}

    def restore(self, attempts: Iterable[Attempt]) -> None:
        """Take up those that had not ended when we stopped. Each may have been sent, whatever its
        stored stage says: that is written a moment later."""
        for attempt in attempts:
            self._keep(attempt, attempt.requested_at)

    def add(self, attempt: Attempt) -> None:
        """A new one, stored and not sent yet."""
        self._keep(attempt, None)
        self._feed.publish({"type": "attempt", "attempt": attempt})

    def get(self, attempt_id: str) -> Attempt | None:
        """The attempt, while it is remembered."""
        kept = self._live.get(attempt_id)
        return kept.now if kept else self._ended.get(attempt_id)

    def by_key(self, key: str) -> Attempt | None:
        """The one that came with this key, while it is remembered."""
        return self.get(self._keys.get(key, ""))

    def unsent(self, attempt: Attempt, at: datetime) -> Attempt:
        """One that is stored (or may be, or will be) and that Asterisk was never asked for: it
        ends here, wherever its row is. That it is stored is waited for by nobody."""
        after = replace(attempt, stage=Stage.ENDED, end=End.NOT_SENT, ended_at=at)
        log.warning("attempt not placed", attempt=after.id, end=after.end, why="never sent")
        self._store.put_attempt(after)
        self._feed.publish({"type": "attempt", "attempt": after})
        self._remember(after)
        return after

    def of_agent(self, agent: str) -> Attempt | None:
        """The one that goes on with this agent. Who passed the customer on has none any more."""
        going_on = (kept for kept in self._live.values() if not kept.agent_free)
        return next((kept.now for kept in going_on if kept.now.agent == agent), None)

    def sent(self, attempt_id: str, at: datetime) -> None:
        """Asterisk is asked now."""
        if kept := self._live.get(attempt_id):
            kept.sent_at = at
            kept.base = replace(kept.base, stage=Stage.SENT)
            self._set(kept, kept.base)

    def end(self, attempt_id: str, end: End, at: datetime) -> None:
        """It ended, as we know by other means than facts."""
        if kept := self._live.get(attempt_id):
            self._set(kept, replace(kept.now, stage=Stage.ENDED, end=end, ended_at=at))

    def is_silent(self, attempt_id: str) -> bool:
        """Whether nothing was heard of it since it was sent."""
        kept = self._live.get(attempt_id)
        return kept is not None and not kept.heard

    def follow(self, call: Call, facts: Sequence[Fact]) -> None:
        """Let what is known of a call show in its attempts: more than one where calls by click
        were joined."""
        for attempt_id in _attempts_in(facts):
            if kept := self._live.get(attempt_id):
                own = {fact.kind for fact in facts if fact.subject == attempt_id}
                kept.legs = legs(attempt_id, facts)
                kept.heard = bool(own - {Kind.ATTEMPTED})
                kept.agent_free = not own.isdisjoint(_OVER)
                self._set(kept, replace(progress(kept.base, facts), call_id=call.call_id))

    def repaired(self, call: Call, facts: Sequence[Fact]) -> None:
        """The journals told all of a call. Of an attempt that was gone when we looked they know how
        it ended, and when."""
        self.follow(call, facts)
        for attempt_id in _attempts_in(facts):
            before = self._ended.get(attempt_id)
            if before is None or call.known is Known.LIVE or before.end not in _BY_LOOKING:
                continue
            sent = replace(before, stage=Stage.SENT, end=End.NONE, ended_at=None, cause=None)
            after = replace(progress(sent, facts), call_id=call.call_id)
            if after.stage is Stage.ENDED and after != before:
                self._ended[attempt_id] = after
                self._store.put_attempt(after)
                self._feed.publish({"type": "attempt", "attempt": after})

    def compare(self, snapshot: Snapshot) -> None:
        """What was asked before this snapshot and is not in it is not there: it is never sent
        again. Facts that came before must have been followed."""
        there = {c.uniqueid for c in snapshot.channels} | {c.linkedid for c in snapshot.channels}
        for kept in list(self._live.values()):
            asked_before = kept.sent_at is not None and kept.sent_at < snapshot.at
            if kept.base.node != snapshot.node or not asked_before:
                continue
            if there.isdisjoint((kept.base.id, *kept.legs)):
                end = End.TALKED if kept.now.answered_at else End.LOST
                log.warning("attempt is not in the PBX any more", attempt=kept.base.id, end=end)
                self.end(kept.base.id, end, snapshot.at)

    def _keep(self, attempt: Attempt, sent_at: datetime | None) -> None:
        self._live[attempt.id] = _Kept(attempt, attempt, sent_at, (attempt.id,))
        if attempt.key:
            self._keys[attempt.key] = attempt.id

    def _set(self, kept: _Kept, after: Attempt) -> None:
        if after == kept.now:
            return
        kept.now = after
        self._store.put_attempt(after)
        self._feed.publish({"type": "attempt", "attempt": after})
        if after.stage is Stage.ENDED:
            log.info("attempt ended", attempt=after.id, end=after.end, cause=after.cause)
            del self._live[after.id]
            self._remember(after)

    def _remember(self, ended: Attempt) -> None:
        self._ended[ended.id] = ended
        if len(self._ended) > REMEMBERED_ENDS:
            _, oldest = self._ended.popitem(last=False)
            self._keys.pop(oldest.key, None)


def _attempts_in(facts: Iterable[Fact]) -> Iterable[str]:
    """The ids of the attempts that these facts tell of."""
    return dict.fromkeys(fact.subject for fact in facts if fact.kind in _OURS)
