"""Which differences between SIPp's truth and the record are no fault of the record's, by the word
of Asterisk's own journals. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from ccgateway.calls.call import Call, Role, VisitEnd
from ccgateway.rig.compare import Comparison, Row
from ccgateway.rig.differences import Difference
from ccgateway.rig.story import TOLERANCE

Happened = tuple[str, datetime]
"""A CEL event's name, and when it was."""

ENTERED = "ENTERQUEUE"
"""queue_log's event, in whole seconds. An Asterisk with much to do takes its time between answering
for a queue, which SIPp sees, and the queue."""

EVENTS = {
    "start": {"CHAN_START"},
    "end": {"HANGUP"},
    "answer": {"BRIDGE_ENTER"},
    "queue join": {"ANSWER", ENTERED},
    "queue leave": {"HANGUP"},
}
"""What CEL tells of a time that SIPp tells; of the end of a talk it is BRIDGE_EXIT. In a scene
people do much, and it may be any event."""

SLOW = timedelta(seconds=2)
"""SIPp sees nothing later than that: a phone would send again."""

NO_SERVICE = {"service"}
"""Fields that the record cannot know of who fell back where Asterisk did not know them."""

OF_A_WAIT = {"disposition", "queue join", "queue leave"}
"""Fields that are others of who hung up in the message of a queue that did not take him: SIPp
cannot tell that from waiting."""

OF_A_BROKEN_SCENE = {"call", "caller", "did", "start", "end"}
"""Fields that are held against the record of a scene while something is broken."""

NOT_TAKEN = {VisitEnd.FULL, VisitEnd.EMPTY}
_MS, _SECOND = timedelta(milliseconds=1), timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Word:
    """What Asterisk's journals say, by uniqueid: the queues that a channel entered, in order; what
    CEL tells of it, and when it entered them; of whose service Asterisk knew nothing; and in which
    queues who answered, in order."""

    queues: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    moments: Mapping[str, Sequence[Happened]] = field(default_factory=dict)
    nameless: Collection[str] = ()
    answered: Mapping[str, tuple[tuple[str, str], ...]] = field(default_factory=dict)


def on_time(found: Comparison, word: Word) -> tuple[Comparison, int]:
    """Without the differences in time that are SIPp's, and how many those were."""
    rows, slow = [], 0
    for row in found.rows:
        left = tuple(one for one in row.differences if not _is_cels(one, row, word))
        slow += len(row.differences) - len(left)
        rows.append(replace(row, differences=left))
    return replace(found, rows=tuple(rows)), slow


def unexplained(row: Row, record: Call, word: Word, *, marred: bool) -> Iterator[Difference]:
    """The others. ``marred``: a scene while something was broken."""
    unnamed = any(leg.uniqueid in word.nameless for leg in record.legs)
    nameless = bool(record.fell_back) and not record.service and unnamed
    ends = [visit.end for visit in record.visits]
    refused = bool(ends) and NOT_TAKEN.issuperset(ends) and not entered(record, word)
    for one in row.differences:
        if (nameless and one.field in NO_SERVICE) or (refused and one.field in OF_A_WAIT):
            continue
        if marred and one.field not in OF_A_BROKEN_SCENE:
            continue
        yield one


def entered(record: Call, word: Word) -> list[str]:
    """The queues that the caller entered, by queue_log."""
    callers = [leg.uniqueid for leg in record.legs if leg.role is Role.CALLER]
    return [name for channel in callers for name in word.queues.get(channel, ())]


def _is_cels(one: Difference, row: Row, word: Word) -> bool:
    """Whether CEL says the same as the record, where SIPp was a little late."""
    record = row.record
    if one.said is None or record is None or abs(one.milliseconds or 0) > SLOW / _MS:
        return False
    names = EVENTS.get(one.field, {"BRIDGE_EXIT"})
    is_scene = bool(row.truth and row.truth.story)
    return any(
        _is_told(happened, one)
        for leg in record.legs
        for happened in word.moments.get(leg.uniqueid, ())
        if happened[0] in names or (is_scene and happened[0] != ENTERED)
    )


def _is_told(happened: Happened, one: Difference) -> bool:
    """Whether it was then."""
    name, at = happened
    if one.said is None:
        return False
    if name == ENTERED:
        return (one.milliseconds or 0) > 0 and at <= one.said < at + _SECOND
    return abs(at - one.said) <= TOLERANCE
