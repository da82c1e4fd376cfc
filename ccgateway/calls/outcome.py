"""What became of each passing-on: from who talked with whom after it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from ccgateway.calls.call import Escalation, EscalationEnd, Mode, Talk
from ccgateway.calls.escalations import FIRST, Half, Passing

MERGED = timedelta(seconds=1)
"""An attended transfer makes one bridge of two, and is told after it: some milliseconds."""

SCARCELY = timedelta(seconds=3)
"""Who is let go within the second in which he was taken seeks the line by himself (ccg-left): the
agents who consulted both hung up, and nobody has spoken with him. The dialplan counts seconds of
the clock, so it is up to two, and one more for a busy PBX."""

_NEVER = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Heard:
    """What there is to judge by: the talks of the caller, those of any other channel, whose the
    channels are, which of them were found in a snapshot (for what they were called was not seen),
    the end of the caller's channel where it was seen, and whether the whole call is over."""

    talks: Sequence[Talk]
    talks_of: Callable[[str], Sequence[Talk]]
    agent_of: Callable[[str], str]
    found: Collection[str]
    caller: str
    caller_ended: datetime | None
    over: bool


def escalations(passings: Sequence[Passing], heard: Heard) -> Iterator[Escalation]:
    """The escalations of a call, in order."""
    settled = [_settled(passing, heard) for passing in passings]
    for passing, after in pairwise([*settled, None]):
        if passing:
            yield _Judge(passing, after, heard).verdict()


def _settled(told: Passing, heard: Heard) -> Passing:
    """Of the two channels of who transferred, or made it three, by the phone's button, the one that
    talked with the caller passes him on, and the other consults; where neither was heard to, the
    younger consults. It began when he dialled, or with the button where he was called there, or had
    dialled before he had the caller."""
    if told.transferred_at is None:
        return told
    talks = [talk for talk in heard.talks if talk.uniqueid in told.halves]
    talk = min(talks, key=lambda talk: talk.began_at, default=None)
    ages = {half: (of.born or told.transferred_at, half) for half, of in told.halves.items()}
    channel = talk.uniqueid if talk else min(ages, key=ages.__getitem__)
    consults = next((half for half in told.halves if half != channel), "")
    with_next = told.halves.get(consults, Half(None, called=False))
    born = None if with_next.called else with_next.born
    dialled = born if born and not (talk and born < talk.began_at) else None
    return replace(
        told,
        at=dialled or told.transferred_at,
        channel=channel,
        consults=consults,
        to=with_next.to,
        tier=with_next.tier,
    )


class _Judge:
    """One passing-on. It lasts until the next one at most."""

    def __init__(self, passing: Passing, after: Passing | None, heard: Heard) -> None:
        self._told = passing
        self._after = after
        self._heard = heard
        self._until = _since(after) if after else _NEVER

    def verdict(self) -> Escalation:
        told, heard = self._told, self._heard
        taken = self._seen(self._taken())
        back = self._back(taken)
        spoke = self._consulted(taken, back) if told.consults else None
        accepted = self._seen(spoke) or taken
        end, ended_at = self._end(accepted, taken, back)
        whom = taken or accepted
        return Escalation(
            at=told.at,
            mode=told.mode,
            by="" if told.overflow else heard.agent_of(told.channel),
            to=told.to,
            tier=told.tier,
            agent=whom.agent if whom else "",
            accepted_at=self._since(accepted.began_at) if accepted else None,
            ended_at=self._since(ended_at) if ended_at else None,
            end=end,
        )

    def _since(self, at: datetime) -> datetime:
        """None of it was before it was asked: that a caller is taken, or gone, can be told a moment
        before the transfer."""
        return max(at, self._told.at)

    def _mine(self) -> set[str]:
        return {self._told.channel, self._told.consults, self._heard.caller}

    def _consulted(self, taken: Talk | None, back: Talk | None) -> Talk | None:
        """The first talk of who passes on with the next one, while there was a caller to take."""
        told, gone = self._told, self._heard.caller_ended
        ends = [told.transferred_at, told.returned_at, gone]
        ends += [talk.began_at for talk in (taken, back) if talk and talk.began_at > told.at]
        until = min([self._until, *(end for end in ends if end)])
        for talk in self._heard.talks_of(self._told.consults):
            if talk.uniqueid not in self._mine() and self._told.at <= talk.began_at < until:
                return talk
        return None

    def _taken(self) -> Talk | None:
        """The caller's first talk with somebody else than who passed him on."""
        told = self._told
        until = min(self._until, told.returned_at or _NEVER)
        for talk in self._heard.talks:
            mine = talk.uniqueid in self._mine() or self._undone(talk)
            if not mine and _since(told) <= talk.began_at < until:
                return talk
        return None

    def _undone(self, talk: Talk) -> bool:
        """Whether he was let go as he was taken."""
        return any(talk.began_at <= alone < talk.began_at + SCARCELY for alone in self._told.alone)

    def _seen(self, talk: Talk | None) -> Talk | None:
        """The talk, if it was seen that he was called: else it may be for anything that followed
        while nobody looked."""
        return None if talk is None or talk.uniqueid in self._heard.found else talk

    def _back(self, taken: Talk | None) -> Talk | None:
        """The talk of the caller with who passed him on, where he was not let go for good. In a
        phone's own conference it never ended; it counts where the one who was asked left first."""
        if self._told.mode is Mode.WARM:
            return self._taken_back()
        if self._told.mode is not Mode.CONFERENCE or taken is None:
            return None
        left = self._last(taken).ended_at
        alone = left + MERGED if left else _NEVER  # who hangs up on both has two BYEs to send
        for talk in self._heard.talks:
            mine = talk.uniqueid == self._told.channel and talk.began_at < self._until
            if mine and (talk.ended_at or _NEVER) > alone:
                return talk
        return None

    def _last(self, taken: Talk) -> Talk:
        """The last of the caller's talks with who took him: in a phone's own conference he can be
        on hold between."""
        if self._told.mode is not Mode.CONFERENCE:
            return taken
        theirs = (talk for talk in self._heard.talks if talk.uniqueid == taken.uniqueid)
        return max(
            (talk for talk in theirs if talk.began_at < self._until), key=lambda t: t.began_at
        )

    def _taken_back(self) -> Talk | None:
        """The talk of the caller with the one who had only consulted."""
        for talk in self._heard.talks:
            mine = talk.uniqueid == self._told.channel and not self._undone(talk)
            if mine and self._told.at < talk.began_at < self._until:
                return talk
        return None

    def _end(
        self, accepted: Talk | None, taken: Talk | None, back: Talk | None
    ) -> tuple[EscalationEnd, datetime | None]:
        told = self._told
        if back and taken and _outlasts(back, last := self._last(taken)):
            return EscalationEnd.TAKEN_BACK, last.ended_at
        if taken and not (back and back.began_at < taken.began_at):
            return EscalationEnd.ACCEPTED, taken.began_at
        if back:
            end = EscalationEnd.TAKEN_BACK if accepted else EscalationEnd.RETURNED
            return end, back.began_at
        if told.returned_at:
            first = told.returned_to == FIRST
            end = EscalationEnd.FIRST_LINE if first else EscalationEnd.RETURNED
            return end, told.returned_at
        return self._open_end()

    def _open_end(self) -> tuple[EscalationEnd, datetime | None]:
        """Nobody took it, and nobody said so."""
        ended = self._heard.caller_ended
        if self._taken():
            return EscalationEnd.UNKNOWN, None
        if self._after:
            return EscalationEnd.PASSED_ON, self._after.done_at
        if ended:
            return EscalationEnd.ABANDONED, ended
        return (EscalationEnd.UNKNOWN if self._heard.over else EscalationEnd.RUNNING), None


def _since(told: Passing) -> datetime:
    """From when on the caller may be with the next one. The bridges of an attended transfer may
    have become one just before it is told."""
    return told.transferred_at - MERGED if told.transferred_at else told.at


def _outlasts(back: Talk, taken: Talk) -> bool:
    """They were three, and the one who was asked left first."""
    left = taken.ended_at
    return left is not None and back.began_at < left and (back.ended_at or _NEVER) > left
