"""The channels that belong together, before and while they are a call."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime

from ccgateway.calls.reduce import Story
from ccgateway.telephony.facts import Fact, Kind

Key = tuple[str, str]  # (node, uniqueid)


@dataclass(slots=True)
class Channel:
    """What we believe of a live channel; a snapshot is held against it."""

    since: datetime
    begun: bool = False  # its birth was seen, or a snapshot told of it
    answered: bool = False
    bridge: str = ""
    queue: str = ""

    def follow(self, fact: Fact) -> None:
        """Let a fact about the channel show."""
        match fact.kind:
            case Kind.CHANNEL_CREATED | Kind.CHANNEL_SEEN:
                self.begun = True
            case Kind.CHANNEL_ANSWERED:
                self.answered = True
            case Kind.BRIDGE_ENTERED:
                self.bridge = fact.place
            case Kind.BRIDGE_LEFT if self.bridge == fact.place:
                self.bridge = ""
            case Kind.QUEUE_JOINED:
                self.queue = fact.place
            case Kind.QUEUE_LEFT | Kind.QUEUE_RESULT if self.queue == fact.place:
                self.queue = ""
            case _:
                pass


@dataclass(slots=True)
class Group:
    """The channels that began with one linkedid."""

    node: str
    root: str
    touched: datetime
    facts: list[Fact] = field(default_factory=list)  # while it is not ours
    story: Story | None = None
    live: dict[str, Channel] = field(default_factory=dict)
    ended: set[str] = field(default_factory=set)
    channels: set[str] = field(default_factory=set)
    counts: Counter[tuple[str, str, str, str]] = field(default_factory=Counter)
    counted: bool = False

    @property
    def key(self) -> Key:
        return (self.node, self.root)
