"""What is to be said of a run: which calls are lost, doubled, wrong, dropped. Pure.

It begins where the demo's comparison ends, which knows no faults, and takes from each difference
only what a fault explains:

- Callers whose Asterisk was restarted are cut by that: they are counted apart.
- Who came while the gateway was away had another queue: Asterisk's own queue_log tells which. After
  a restart Asterisk knows no services until the gateway tells them: CEL tells whom that met.
- Where the machine was too slow for SIPp to see a moment when it was, Asterisk's own CEL says that
  the record has it right.
- A scene of the crew goes on as its people manage while something is broken; what a phone cannot
  know then is not asked for. Its call must be there once, with its times, and with the way through
  the queues that queue_log tells.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from ccgateway.calls.call import Call, Disposition, EscalationEnd, Known, VisitEnd
from ccgateway.rig.chaos.explained import NOT_TAKEN, Word, entered, on_time, unexplained
from ccgateway.rig.compare import Comparison, Door, Row
from ccgateway.rig.truth import TruthCall

Window = tuple[datetime, datetime]

SLACK = timedelta(seconds=1)
AFTER_FAULT = timedelta(seconds=5)
"""As long as that after a fault a scene may go another way: an agent who was asked to pause was
not, a click was refused."""

CUT = "cut by Asterisk's restart"


@dataclass(frozen=True, slots=True)
class Wrong:
    """Something that is not as it was."""

    number: str
    did: str
    placed_at: datetime | None
    what: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Verdict:
    """``calls``: went over the wire; ``cut`` of them with their Asterisk. ``known``: how the
    others' records are known. ``passed_on``: of the ``broken_scenes`` (of the crew's, while
    something was broken) those in which somebody came past first line. ``slow``: times that SIPp
    saw too late. ``decided_s``: the longest time from a call's coming to the network's answer,
    which comes with the decision where it goes."""

    calls: int
    cut: int
    cut_without_record: int
    by_crew: int
    broken_scenes: int
    passed_on: int
    lost: tuple[Wrong, ...]
    wrong: tuple[Wrong, ...]
    extra: tuple[Wrong, ...]
    dropped: tuple[Wrong, ...]
    unplaced: tuple[Wrong, ...]
    twice: tuple[str, ...]
    known: Mapping[str, int]
    slow: int
    decided_s: float
    at_once: int

    @property
    def holds(self) -> bool:
        """Nothing is lost, wrong, double or dropped."""
        found = (self.lost, self.wrong, self.extra, self.dropped, self.unplaced, self.twice)
        return not any(found) and self.calls > 0


def judge(
    found: Comparison,
    doors: Mapping[str, Door],
    word: Word,
    *,
    away: Sequence[Window] = (),
    broken: Sequence[Window] = (),
    twice: Sequence[str] = (),
) -> Verdict:
    """``found``: the comparison as if nothing had been broken. ``away``: Asterisk's restarts.
    ``broken``: all faults that a scene feels. ``word``: what Asterisk's own journals say."""
    found, slow = on_time(found, word)
    rows = [row for row in found.rows if row.truth]
    cut = [row for row in rows if row.truth and is_cut(row.truth, away)]
    cut_ids = {id(row) for row in cut}
    whole = [row for row in rows if id(row) not in cut_ids]
    scenes = [row for row in whole if row.truth and row.truth.story]
    marred = {id(row) for row in scenes if _feels(row, broken) or _fell_back(row)}
    lost, wrong = [], []
    for row in whole:
        told = _told(row, word, marred=id(row) in marred)
        if row.record is None:
            lost.append(_wrong(row, ["no record of it"]))
        elif told:
            wrong.append(_wrong(row, told))
    wrong += [
        _wrong(row, [f"{CUT}, and still open in the record"])
        for row in cut
        if row.record and row.record.ended_at is None
    ]
    truth = [row.truth for row in whole if row.truth]
    return Verdict(
        calls=len(rows),
        cut=len(cut),
        cut_without_record=sum(row.record is None for row in cut),
        by_crew=sum(1 for row in rows if row.truth and row.truth.story),
        broken_scenes=len(marred),
        passed_on=sum(id(row) in marred and _is_passed_on(row) for row in scenes),
        lost=tuple(lost),
        wrong=tuple(wrong),
        extra=tuple(_extra(found, cut, away)),
        dropped=tuple(
            Wrong(call.number, call.did, call.placed_at, (why,))
            for call in truth
            for why in [dropped(call, doors)]
            if why
        ),
        unplaced=tuple(_unplaced(found, away, broken)),
        twice=tuple(twice),
        known=Counter(row.record.known.value for row in whole if row.record),
        slow=slow,
        decided_s=max((decided(call) for call in truth), default=0.0),
        at_once=at_once([row.truth for row in rows if row.truth]),
    )


def is_cut(call: TruthCall, away: Iterable[Window]) -> bool:
    """Whether some of it was while Asterisk was away."""
    end = call.ended_at
    return any(
        call.placed_at - SLACK <= until and (end is None or end + SLACK >= since)
        for since, until in away
    )


def dropped(call: TruthCall, doors: Mapping[str, Door]) -> str:
    """Why a caller of SIPp's was let down by the network, '' where he was not."""
    if call.story:
        return ""
    if call.network_answered_at is None:
        return "" if call.caller_ended else "was never answered by the network"
    if call.caller_ended:
        return ""
    if call.talks:
        return "" if call.talks[-1].hung_up else "was cut off while talking"
    door = doors.get(call.did)
    if door and door.refusal is not Disposition.TIMED_OUT:
        return ""  # a message, and the network hangs up: as it is meant to be
    return "was let go by the network without an agent"


def decided(call: TruthCall) -> float:
    """Seconds from its coming to the network's answer; 0 for those of the crew's that an agent
    began, where nothing is decided."""
    if not call.did or call.network_answered_at is None:
        return 0.0
    return (call.network_answered_at - call.placed_at).total_seconds()


def at_once(calls: Iterable[TruthCall]) -> int:
    """How many calls there were at the same time, at most."""
    changes = [(call.placed_at, 1) for call in calls if call.ended_at]
    changes += [(call.ended_at, -1) for call in calls if call.ended_at]
    now = most = 0
    for _, by in sorted(changes):
        now += by
        most = max(most, now)
    return most


def _told(row: Row, word: Word, *, marred: bool) -> list[str]:
    """The differences that no fault explains."""
    call, record = row.truth, row.record
    if call is None or record is None:
        return []
    told = [str(one) for one in unexplained(row, record, word, marred=marred)]
    told += _ways(record, word) if call.story else _queues(record, word)
    if record.known is Known.PARTIAL and not marred:
        told.append("known: the record is partial")
    return told


def _queues(record: Call, word: Word) -> list[str]:
    """The way through the queues, by Asterisk's own word."""
    was = entered(record, word)
    # queue_log knows who entered, not whom a queue did not take (JOINEMPTY, FULL)
    said = [one.queue for one in record.visits if one.end not in NOT_TAKEN or one.queue in was]
    return [] if was == said else [f"queues: was {was}, record says {said}"]


def _ways(record: Call, word: Word) -> Iterable[str]:
    """The same of a scene, where agents who consult go through queues, too: of each channel; and
    who answered."""
    for channel in (leg.uniqueid for leg in record.legs):
        was = list(word.queues.get(channel, ()))
        stays = [one for one in record.visits if one.uniqueid == channel]
        said = [one.queue for one in stays if one.end not in NOT_TAKEN or one.queue in was]
        if was != said:
            yield f"queues of {channel}: was {was}, record says {said}"
        met = list(word.answered.get(channel, ()))
        told = [(one.queue, one.agent) for one in stays if one.end is VisitEnd.ANSWERED]
        if met != told:
            yield f"who answered {channel}: was {met}, record says {told}"


def _fell_back(row: Row) -> bool:
    """Whether the gateway did not answer in time, be it by the machine's load."""
    return row.record is not None and bool(row.record.fell_back)


def _is_passed_on(row: Row) -> bool:
    """Whether the record tells of somebody past first line."""
    return row.record is not None and any(
        one.end is EscalationEnd.ACCEPTED for one in row.record.escalations
    )


def _feels(row: Row, broken: Iterable[Window]) -> bool:
    call = row.truth
    if call is None:
        return False
    end = call.ended_at
    return any(
        call.placed_at <= until + AFTER_FAULT and (end is None or end >= since - SLACK)
        for since, until in broken
    )


def _extra(found: Comparison, cut: Sequence[Row], away: Sequence[Window]) -> Iterable[Wrong]:
    """Records without a call. Of who was cut it may be one that is not matched by its time; and a
    click that came to nothing may have left one."""
    spare = Counter(row.number for row in cut if row.record is None)
    spare += Counter(row.number for row in found.rows if row.asked and not row.did)
    for row in found.rows:
        record = row.record
        if row.truth or record is None:
            continue
        if spare[record.caller_number] > 0:
            spare[record.caller_number] -= 1
            continue
        if any(since - SLACK <= record.started_at <= until + SLACK for since, until in away):
            continue  # begun in the moment of a restart: SIPp's INVITE is sent anew
        yield _wrong(row, ["a record, and no such call"])


def _unplaced(
    found: Comparison, away: Sequence[Window], broken: Sequence[Window]
) -> Iterable[Wrong]:
    """Planned, and never placed. An agent's click may be refused while something is broken; a
    caller's SIPp places all."""
    for row in found.rows:
        if row.truth or row.record or row.asked is None:
            continue
        if not row.asked.did and (away or broken):
            continue
        yield _wrong(row, ["planned, not placed"])


def _wrong(row: Row, what: Iterable[str]) -> Wrong:
    at = row.truth.placed_at if row.truth else row.record.started_at if row.record else None
    return Wrong(row.number, row.did, at, tuple(what))
