"""The reducer: a call's facts in, the call out.

Its law: the same set of facts gives the same call, whatever the order they came in, doubled or
not. Facts are put in the order of their times; where the journals tell the same things, too,
``merge`` says which word counts. Nothing raises: a fact that makes no sense where it stands changes
little, and a call with holes is marked *partial*.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from uuid import UUID

from ccgateway.calls.call import Call, Known
from ccgateway.calls.draft import Draft, number_of
from ccgateway.calls.merge import merged
from ccgateway.calls.voices import JOURNALS, better, order, strictly
from ccgateway.telephony.facts import Fact, Identity

__all__ = ["Story", "fold", "order"]


def fold(call_id: UUID, node: str, facts: Iterable[Fact]) -> Call:
    """Fold a call's facts to the call. There must be at least one."""
    story = Story(call_id, node)
    for fact in facts:
        story.take(fact)
    return story.call()


class Story:
    """The facts of one call as they come, and the call that they make so far.

    A fact that comes in order costs one step; one that is late, and any while a journal tells of
    the call, too, makes the story be told again.
    """

    def __init__(self, call_id: UUID, node: str) -> None:
        self.call_id = call_id
        self.node = node
        self._facts: dict[Identity, Fact] = {}  # of AMI, snapshots and ourselves
        self._journals: dict[tuple[str, Identity], Fact] = {}
        self._draft: Draft | None = None
        self._newest: tuple[object, ...] = ()
        self._told: list[Fact] = []  # in order; as far as there is a draft
        self._repaired = False
        self._days: set[date] = set()
        self.former: set[UUID] = set()
        """Other ids that it had, or that calls had which turned out to be this one."""
        self.cases: set[int] = set()
        """The numbers that people say for it; several where it was several calls at first."""

    def take(self, fact: Fact) -> bool:
        """Add a fact; False where its voice has told it as well or better already."""
        if (case := number_of(fact.detail.get("case", ""))) is not None:
            self.cases.add(case)
        if fact.source in JOURNALS:
            return self._take_journalled(fact)
        known = self._facts.get(fact.identity)
        if known is not None and not better(fact, known):
            return False
        self._facts[fact.identity] = fact
        here = order(fact)
        in_order = known is None and not self._journals and here > self._newest
        if self._draft is not None and in_order:
            self._draft.take(fact)
            self._told.append(fact)
            self._newest = here
        else:
            self._draft = None
        return True

    def _take_journalled(self, fact: Fact) -> bool:
        key = (fact.source.value, fact.identity)
        known = self._journals.get(key)
        if known is not None and not better(fact, known):
            return False
        self._journals[key] = fact
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
        self._days |= other._days
        for fact in other.facts:
            self.take(fact)

    def call(self) -> Call:
        """The call as now known."""
        if self._draft is None:
            self._draft = Draft(self.call_id, self.node)
            if self._journals:
                self._tell_all(self._draft)
            else:
                self._tell(self._draft)
        call = self._draft.finish()
        if self._repaired and call.known is Known.LIVE:
            return replace(call, known=Known.REPAIRED)
        return call

    def _tell(self, draft: Draft) -> None:
        self._told = sorted(self._facts.values(), key=order)
        self._newest = order(self._told[-1])
        for fact in self._told:
            draft.take(fact)

    def _tell_all(self, draft: Draft) -> None:
        """With the journals, which are told once a call is over."""
        telling = merged(self._facts.values(), self._journals.values())
        self._repaired = not telling.heard
        for fact in telling.facts:
            if fact.identity in telling.sights:
                draft.lose_sight(fact)
            else:
                draft.take(fact)

    @property
    def days(self) -> set[date]:
        """The days on which its facts are kept, also those let go of."""
        told = (self._facts, self._journals)
        return self._days | {fact.day for facts in told for fact in facts.values()}

    def let_go(self) -> None:
        """Its facts are stored, and nobody folds it here."""
        self._days = self.days
        self._facts.clear()
        self._journals.clear()
        self._draft = None

    @property
    def facts(self) -> list[Fact]:
        """The facts in order, those of each voice for itself: what ``take`` took."""
        if self._draft is not None and not self._journals:
            return list(self._told)
        return sorted([*self._facts.values(), *self._journals.values()], key=strictly)
