"""What was heard, through the reducer: the calls that it tells.

It goes the way of the loop (``engine.loop``): decode, mixing, board, story. The journals are told
last, as the repair does: they know nothing of what the board believed at the time.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from ccgateway.ami.decode import event_of, fact_of
from ccgateway.calls.board import Board, Change
from ccgateway.calls.call import Call
from ccgateway.calls.compare import differences
from ccgateway.calls.homes import at_home
from ccgateway.calls.mixing import Mixing
from ccgateway.calls.recorded import Ami, Cel, Head, Heard, Of, QueueLog
from ccgateway.calls.reduce import Story
from ccgateway.journal.cel import read_cel
from ccgateway.journal.queue_log import read_queue_log
from ccgateway.telephony.facts import Fact, Kind
from ccgateway.telephony.snapshot import Snapshot


def calls_of(head: Head, heard: Iterable[Heard]) -> list[Call]:
    """The calls of a recording that are ours, the oldest first."""
    stories = _stored(head, heard) if head.of is Of.STORED else _live(head, heard)
    calls = [story.call() for story in stories]
    return sorted(calls, key=lambda call: (call.started_at, str(call.call_id)))


def _stored(head: Head, heard: Iterable[Heard]) -> list[Story]:
    """Of stored facts: they are counted, and it is known that they are ours."""
    facts = [each.value for each in heard if isinstance(each.value, Fact)]
    board = Board(head.ours)
    board.restore([fact for fact in facts if fact.kind not in _OF_LINKS])
    return list(board.stories())


def _live(head: Head, heard: Iterable[Heard]) -> list[Story]:
    player = Player(head)
    for each in heard:
        player.take(each)
    return player.stories()


_OF_LINKS = frozenset({Kind.LINK_UP, Kind.LINK_DOWN})


class Player:
    """The board of a recording, as the gateway had it."""

    def __init__(self, head: Head) -> None:
        self._head = head
        self._board = Board(head.ours)
        self._mixing = Mixing({node: ours.phones for node, ours in head.ours.items()})
        self._told = _Stories()
        self._facts: list[Fact] = []
        self._journal: list[Fact] = []

    @property
    def odd(self) -> int:
        """Facts about channels whose beginning was not heard."""
        return self._board.odd

    def take(self, heard: Heard) -> None:
        """Hear one thing, in its turn."""
        match heard.value:
            case Ami():
                fact = fact_of(event_of(heard.node, list(heard.value.headers), heard.received))
                if fact is not None:
                    self._fact(fact)
            case Fact():
                self._fact(heard.value)
            case Snapshot():
                self._snapshot(heard.value)
            case Cel() | QueueLog():
                self._journal += [at_home(fact, self._head.services) for fact in facts_in(heard)]

    def stories(self) -> list[Story]:
        """The calls so far."""
        if not self._journal:
            return self._told.all()
        board, told = Board(self._head.ours), _Stories()
        for fact in sorted((*self._facts, *self._journal), key=_time):
            told.take(board.take(fact))
        return told.all()

    def _fact(self, fact: Fact) -> None:
        if fact.kind in _OF_LINKS:
            if fact.kind is Kind.LINK_DOWN:
                self._board.lose(fact.node)
                self._mixing.lose(fact.node)
            return
        for each in (*self._mixing.take(fact), at_home(fact, self._head.services)):
            self._facts.append(each)
            self._told.take(self._board.take(each))

    def _snapshot(self, snapshot: Snapshot) -> None:
        node = snapshot.node
        # Who hung up while the answer was on its way is in it, and gone.
        there = [c for c in snapshot.channels if not self._board.has_ended(node, c.uniqueid)]
        now = replace(snapshot, channels=there)
        for fact in differences(now, self._board.live_channels(node)):
            self._fact(fact)


def _time(fact: Fact) -> datetime:
    return fact.at


class _Stories:
    """The stories that a board told, each once."""

    def __init__(self) -> None:
        self._by_id: dict[UUID, Story] = {}

    def take(self, change: Change | None) -> None:
        if change is None:
            return
        for old in change.absorbed:
            self._by_id.pop(old, None)
        self._by_id[change.story.call_id] = change.story

    def all(self) -> list[Story]:
        return list(self._by_id.values())


def facts_in(heard: Heard) -> Sequence[Fact]:
    """The facts that a line of a journal tells."""
    match heard.value:
        case Cel(text):
            return read_cel(heard.node, text.encode(errors="replace"), final=True).facts
        case QueueLog(text):
            return read_queue_log(heard.node, text.encode(errors="replace"), final=True).facts
        case _:
            return ()
