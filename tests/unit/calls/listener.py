"""What the boards make of a history's voices: facts numbered as the gateway keeps them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import replace
from uuid import UUID

from ccgateway.calls.board import Board, Ours
from ccgateway.calls.mixing import Mixing
from ccgateway.calls.reduce import Story
from ccgateway.calls.voices import JOURNALS
from ccgateway.telephony.facts import ONCE, Fact, Kind
from ccgateway.telephony.ids import interface_of
from tests.unit.calls.histories import PHONES, QUEUES
from tests.unit.calls.told import NODE

Stories = Mapping[UUID, Story]


NAMED = {Kind.CHANNEL_CREATED, Kind.CHANNEL_SEEN, Kind.DIAL_BEGAN}


class Listener:
    """A board, and the calls that it told of."""

    def __init__(self) -> None:
        self.board = Board({NODE: Ours(QUEUES, {"from-phones"}, PHONES)})
        self.mixing = Mixing({NODE: PHONES})
        self.stories: dict[UUID, Story] = {}

    def hear(self, facts: Iterable[Fact]) -> None:
        """AMI's facts, in the order in which they come; what is found out between them."""
        for fact in facts:
            self.take([*self.mixing.take(fact), fact])

    def take(self, facts: Iterable[Fact]) -> None:
        """Facts as they are."""
        for fact in facts:
            if change := self.board.take(fact):
                for old in change.absorbed:
                    self.stories.pop(old, None)
                self.stories[change.story.call_id] = change.story


def numbered(*voices: Iterable[Fact]) -> list[Fact]:
    """Facts with their ordinals, each voice counting by itself, and with whose phones the channels
    are: as the boards make them, of all channels."""
    counts: Counter[tuple[str, Kind, str, str]] = Counter()
    done = []
    for fact in (fact for voice in voices for fact in voice):
        row = (voice_of(fact), fact.kind, fact.subject, fact.place)
        agent = PHONES.get(interface_of(fact.detail.get("channel", "")))
        named = {"agent": agent} if agent and fact.kind in NAMED else {}
        once = fact.kind in ONCE
        detail = {**named, **fact.detail}
        done.append(replace(fact, ordinal=0 if once else counts[row], detail=detail))
        counts[row] += 1
    return done


def voice_of(fact: Fact) -> str:
    return fact.source.value if fact.source in JOURNALS else ""


def heard(ami: Iterable[Fact]) -> Stories:
    """The calls as AMI tells them."""
    one = Listener()
    one.hear(ami)
    return one.stories


def read(journals: Iterable[Fact]) -> Stories:
    """The calls as the journals tell them."""
    one = Listener()
    one.take(journals)
    return one.stories
