"""What became of each passing-on: from who talked with whom after it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from ccgateway.calls.call import Escalation, EscalationEnd, Mode, Talk
from ccgateway.calls.escalations import FIRST, Passing

MERGED = timedelta(seconds=1)
"""An attended transfer makes one bridge of two, and is told after it: some milliseconds."""

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
    for place, passing in enumerate(passings):
        after = passings[place + 1] if place + 1 < len(passings) else None
        yield _Judge(passing, after, heard).verdict()


class _Judge:
    """One passing-on. It lasts until the next one at most."""

    def __init__(self, passing: Passing, after: Passing | None, heard: Heard) -> None:
        self._told = passing
        self._after = after
        self._heard = heard
        self._until = after.at if after else _NEVER

    def verdict(self) -> Escalation:
        told, heard = self._told, self._heard
        taken = self._seen(self._taken())
        accepted = (self._seen(self._consulted()) if told.consults else None) or taken
        end, ended_at = self._end(accepted, taken)
        whom = taken or accepted
        return Escalation(
            at=told.at,
            mode=told.mode,
            by="" if told.overflow else heard.agent_of(told.channel),
            to=told.to,
            tier=told.tier,
            agent=whom.agent if whom else "",
            accepted_at=accepted.began_at if accepted else None,
            ended_at=ended_at,
            end=end,
        )

    def _mine(self) -> set[str]:
        return {self._told.channel, self._told.consults, self._heard.caller}

    def _consulted(self) -> Talk | None:
        """The first talk of who passes on with the next one."""
        until = self._told.transferred_at or self._until
        for talk in self._heard.talks_of(self._told.consults):
            if talk.uniqueid not in self._mine() and self._told.at <= talk.began_at < until:
                return talk
        return None

    def _taken(self) -> Talk | None:
        """The caller's first talk with somebody else than who passed him on."""
        told = self._told
        # The bridges of an attended transfer may have become one just before it is told.
        since = told.transferred_at - MERGED if told.transferred_at else told.at
        until = min(self._until, told.returned_at or _NEVER)
        for talk in self._heard.talks:
            if talk.uniqueid not in self._mine() and since <= talk.began_at < until:
                return talk
        return None

    def _seen(self, talk: Talk | None) -> Talk | None:
        """The talk, if it was seen that he was called: else it may be for anything that followed
        while nobody looked."""
        return None if talk is None or talk.uniqueid in self._heard.found else talk

    def _taken_back(self) -> Talk | None:
        """The talk of the caller with the one who had only consulted."""
        for talk in self._heard.talks:
            if talk.uniqueid == self._told.channel and (
                self._told.at < talk.began_at < self._until
            ):
                return talk
        return None

    def _end(
        self, accepted: Talk | None, taken: Talk | None
    ) -> tuple[EscalationEnd, datetime | None]:
        told = self._told
        back = self._taken_back() if told.mode is Mode.WARM else None
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
            return EscalationEnd.PASSED_ON, self._after.at
        if ended:
            return EscalationEnd.ABANDONED, ended
        return (EscalationEnd.UNKNOWN if self._heard.over else EscalationEnd.RUNNING), None
