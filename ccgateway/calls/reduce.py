"""The reducer: a call's facts in, the call out.

Its law: the same set of facts gives the same call, whatever the order they came in, doubled or
not. Facts are put in the order of their times; where two sources tell the same fact the journal's
time wins. Nothing raises: a fact that makes no sense where it stands changes little, and a call
with holes is marked *partial*.
"""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from ccgateway.calls.call import Call
from ccgateway.calls.draft import Draft, number_of
from ccgateway.telephony.facts import Fact, Identity, Kind, Source

_TRUST = {Source.SNAPSHOT: 0, Source.AMI: 1, Source.SELF: 1, Source.QUEUE_LOG: 2, Source.CEL: 3}
_LAST = {Kind.CHANNEL_MISSING: 90, Kind.CHANNEL_ENDED: 91}
_RANK = {kind: _LAST.get(kind, place) for place, kind in enumerate(Kind)}


def order(fact: Fact) -> tuple[object, ...]:
    """The place of a fact in its call: by time; ties in the order in which a call goes."""
    return (fact.at, _RANK[fact.kind], fact.subject, fact.place, fact.ordinal)


def better(new: Fact, old: Fact) -> bool:
    """Whether ``new`` replaces ``old``, which tells the same: by trust, then the earlier time
    (so that the answer does not hang on which came first)."""
    return (-_TRUST[new.source], new.at) < (-_TRUST[old.source], old.at)


def fold(call_id: UUID, node: str, facts: Iterable[Fact]) -> Call:
    """Fold a call's facts to the call. There must be at least one."""
    story = Story(call_id, node)
    for fact in facts:
        story.take(fact)
    return story.call()


class Story:
    """The facts of one call as they come, and the call that they make so far.

    A fact that comes in order costs one step; one that is late makes the story be told again.
    """

    def __init__(self, call_id: UUID, node: str) -> None:
        self.call_id = call_id
        self.node = node
        self._facts: dict[Identity, Fact] = {}
        self._draft: Draft | None = None
        self._newest: tuple[object, ...] = ()
        self._told: list[Fact] = []  # in order; as far as there is a draft
        self.former: set[UUID] = set()
        """Other ids that it had, or that calls had which turned out to be this one."""
        self.cases: set[int] = set()
        """The numbers that people say for it; several where it was several calls at first."""

    def take(self, fact: Fact) -> bool:
        """Add a fact; False where it was known as well or better already."""
        known = self._facts.get(fact.identity)
        if known is not None and not better(fact, known):
            return False
        self._facts[fact.identity] = fact
        if (case := number_of(fact.detail.get("case", ""))) is not None:
            self.cases.add(case)
        here = order(fact)
        if self._draft is not None and known is None and here > self._newest:
            self._draft.take(fact)
            self._told.append(fact)
            self._newest = here
        else:
            self._draft = None
        return True

    def rename(self, call_id: UUID) -> None:
        """It turned out to begin earlier than was known, and so has another id."""
        self.former.add(self.call_id)
        self.call_id = call_id
        self._draft = None

    def swallow(self, other: Story) -> None:
        """Take all of a call that turned out to be this one."""
        self.former |= other.former | {other.call_id}
        for fact in other.facts:
            self.take(fact)

    def call(self) -> Call:
        """The call as now known."""
        if self._draft is None:
            self._draft = Draft(self.call_id, self.node)
            self._told = sorted(self._facts.values(), key=order)
            for fact in self._told:
                self._draft.take(fact)
            self._newest = order(self._told[-1])
        return self._draft.finish()

    @property
    def facts(self) -> list[Fact]:
        """The facts in order."""
        if self._draft is not None:
            return list(self._told)
        return sorted(self._facts.values(), key=order)
