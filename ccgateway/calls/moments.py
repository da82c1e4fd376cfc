"""When it was, where several voices tell of a call.

CEL's times are Asterisk's own, in microseconds; AMI's may be those of receipt, and queue_log has
whole seconds. What only AMI or queue_log tells is put where it belongs among what CEL tells, too,
so that cause and effect keep their order: a phone's conference (MIXED) is not cut by the entry into
the bridge that it was found out by, and nobody is answered before he joined.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta

from ccgateway.calls.kin import PLACED
from ccgateway.calls.rung import names_no_channel
from ccgateway.calls.voices import FROM_DIALPLAN, Said, strictly
from ccgateway.telephony.facts import Fact, Kind, Source

_TICK = timedelta(microseconds=1)
_SECOND = timedelta(seconds=1, milliseconds=20)
"""What a line of queue_log may be later than it says: its clock (``time()``) is the kernel's coarse
one, which is a tick late."""
_NEAR = timedelta(milliseconds=50)
"""What happens at once on two channels CEL and AMI put milliseconds apart, and in either order."""
_EVER = datetime.min.replace(tzinfo=UTC)
_NEVER = datetime.max.replace(tzinfo=UTC)

AT_ONCE = timedelta(seconds=2)
"""What app_queue does by one is done within this of its line in queue_log, whose fraction is cut
off: the agent comes into the bridge, the channel of who gave up or did not answer ends."""

_Pair = tuple[datetime, datetime]
"""AMI's time and CEL's, of the same; or queue_log's, and when it was."""


def settled(said: Iterable[Said]) -> list[Fact]:
    """The facts, each at its time."""
    ready: list[Said] = []
    rough: list[Said] = []
    for one in _by_cels_clock(list(said)):
        (rough if one.queue_log and not one.cel else ready).append(one)
    facts = [one.fact for one in ready]
    return [*facts, *_Seconds(facts).settle(rough)]


def _by_cels_clock(said: Sequence[Said]) -> Iterator[Said]:
    """What AMI alone tells, and MIXED, which is found out by that, goes by CEL's clock, and stays
    between the same facts of its channel. Their own order stays, too, where it can. (What else we
    say ourselves is by our own clock; notes are known by their time.)"""
    fixed = _Fixed(said)
    before = put = _EVER  # the last one: AMI's time of it, and where it was put
    for one in sorted(said, key=lambda one: strictly(one.fact)):
        if fixed.stands(one):
            yield one
            continue
        at = one.fact.at + fixed.behind
        after = put + _TICK if one.fact.at > before else put
        at = max(at, min(after, at + _NEAR))
        since, until = fixed.around(one.fact)
        at = max(min(at, until), since)
        before, put = one.fact.at, max(at, put)
        yield one.moved(at)


class _Fixed:
    """The facts that AMI and CEL both tell: by them the two clocks are compared."""

    def __init__(self, said: Iterable[Said]) -> None:
        self._by_channel: dict[str, list[_Pair]] = defaultdict(list)
        for one in said:
            if one.cel and one.live and one.live.source is Source.AMI:
                self._by_channel[one.fact.subject].append((one.live.at, one.cel.at))
        for pairs in self._by_channel.values():
            pairs.sort()
        behind = sorted(cel - ami for pairs in self._by_channel.values() for ami, cel in pairs)
        self.behind = behind[len(behind) // 2] if behind else timedelta()

    def stands(self, one: Said) -> bool:
        """Whether its time is good as it is."""
        live = one.live
        ami = live is not None and live.source is Source.AMI and one.fact.at == live.at
        return bool(one.cel) or not (ami or one.fact.kind is Kind.MIXED)

    def around(self, fact: Fact) -> _Pair:
        """The times between which it was, by CEL, of its own channels."""
        since, until = _EVER, _NEVER
        for channel in (fact.subject, *([fact.place] if fact.kind in PLACED else [])):
            pairs = self._by_channel.get(channel, [])
            after = bisect_right(pairs, fact.at, key=lambda pair: pair[0])
            if after > 0:
                since = max(since, pairs[after - 1][1] + _TICK)
            if after < len(pairs):
                until = min(until, pairs[after][1] - _TICK)
        return since, until


class _Seconds:
    """Puts what queue_log tells in whole seconds where it was, by what is known more exactly."""

    def __init__(self, facts: Iterable[Fact]) -> None:
        self._of: dict[str, list[Fact]] = defaultdict(list)
        for fact in sorted(facts, key=strictly):
            self._of[fact.subject].append(fact)

    def settle(self, rough: Iterable[Said]) -> Iterator[Fact]:
        """Each at its moment; nothing that comes of a stay in a queue before the caller joined."""
        stays: dict[tuple[str, str], list[_Pair]] = defaultdict(list)
        for fact in (fact for told in self._of.values() for fact in told):
            if fact.kind is Kind.QUEUE_JOINED:  # AMI alone told it
                stays[fact.subject, fact.place].append((fact.at.replace(microsecond=0), fact.at))
        inorder = sorted(rough, key=lambda one: (one.fact.kind is not Kind.QUEUE_JOINED, one.when))
        for one in inorder:
            caller = one.fact.detail.get("caller") or one.fact.subject
            stay = stays[caller, one.fact.place]
            told, at = one.when, self._moment(one, again=bool(stay))
            if one.fact.kind is Kind.QUEUE_JOINED:
                stay.append((told, at))
            elif at != one.fact.at or one.fact.source is Source.QUEUE_LOG:
                # AMI's own time is no earlier than that of the joining; CEL's of the bridge may be.
                at = max([at, *(joined for since, joined in stay if since <= told)])
            yield one.moved(at).fact

    def _moment(self, one: Said, *, again: bool) -> datetime:
        """``again``: he was in this queue before."""
        if one.fact.kind is Kind.AGENT_CONNECTED:
            agents = one.fact.detail.get("agent_uniqueid", "")
            return self._first(Kind.BRIDGE_ENTERED, agents, one.when) or one.fact.at
        if one.fact.source is not Source.QUEUE_LOG:
            return one.fact.at
        if one.fact.kind is Kind.QUEUE_JOINED:
            said_at = self._said_before(one.fact, again=again)
            return said_at or max(one.fact.at, self._came(one.fact.subject))
        gone = one.fact.kind in {Kind.QUEUE_ABANDONED, Kind.AGENT_RANG_OUT}
        if gone and not names_no_channel(one.fact):
            return self._first(Kind.CHANNEL_ENDED, one.fact.subject, one.when) or one.fact.at
        return one.fact.at

    def _came(self, channel: str) -> datetime:
        """When it began."""
        born = (f.at for f in self._of[channel] if f.kind is Kind.CHANNEL_CREATED)
        return next(born, _EVER)

    def _first(self, kind: Kind, channel: str, since: datetime) -> datetime | None:
        """When something first happened to a channel in the moments after."""
        times = (f.at for f in self._of[channel] if f.kind is kind)
        return next((at for at in times if since <= at < since + AT_ONCE), None)

    def _said_before(self, joined: Fact, *, again: bool) -> datetime | None:
        """When our dialplan spoke last in this second, or answered, before it sent the caller into
        the queue."""
        at = None
        told = self._of[joined.subject]
        ours = any(fact.kind is Kind.ENTERED for fact in told)  # another's Queue() answers later
        words = FROM_DIALPLAN | {Kind.CHANNEL_ANSWERED} if ours else FROM_DIALPLAN
        for fact in told:
            if fact.kind not in words or not joined.at <= fact.at < joined.at + _SECOND:
                continue
            over = fact.kind is Kind.QUEUE_RESULT and fact.place == joined.place
            if over and (at or not again):  # with no word before it is the former stay's
                break
            at = fact.at + _TICK
        return at
